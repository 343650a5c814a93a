/// Which of `known` was perhaps meant by `found`: the nearest, where it is near enough to be a slip of the pen.
///
/// ```
/// use tidegate_event::text;
///
/// assert_eq!(text::nearest("sevirity", ["id", "severity"]), Some("severity"));
/// ```
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| -> Vec<char> {
        text.chars()
            .take(LONGEST)
            .flat_map(char::to_lowercase)
            .map(|letter| if letter == '-' { '_' } else { letter })
            .collect()
    };
    let found = plain(found);
    let distances = known.into_iter().map(|name| (distance(&found, &plain(name)), name));
    let (least, name) = distances.min_by_key(|(distance, _)| *distance)?;
    let near = (found.len().max(name.chars().count()) / 3).clamp(1, 4);
    (least <= near).then_some(name)
}

/// No name of ours is longer; a longer one is cut before it is compared, so that the cost has a bound.
const LONGEST: usize = 64;

/// How many letters must be added, removed, changed, or swapped with the next.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut earlier: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut cost = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                cost = cost.min(earlier[j - 1] + 1);
            }
            row.push(cost);
        }
        earlier = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood_and_another_word_is_not() {
        let known = ["channel_id", "token", "min_severity", "name", "sink", "cluster_ids"];
        let table = [
            ("chanel_id", Some("channel_id")),
            ("channel-id", Some("channel_id")),
            ("channelId", Some("channel_id")),
            ("tokne", Some("token")),
            ("nmae", Some("name")),
            ("MIN_SEVERITY", Some("min_severity")),
            ("cluster_id", Some("cluster_ids")),
            ("url", None),
            ("colour", None),
            ("", None),
        ];
        for (found, expected) in table {
            assert_eq!(nearest(found, known), expected, "{found}");
        }
        assert_eq!(nearest("x", []), None);
    }

    #[test]
    fn a_name_of_any_length_is_compared_at_once() {
        assert_eq!(nearest(&"x".repeat(1_000_000), ["name"]), None);
    }
}
