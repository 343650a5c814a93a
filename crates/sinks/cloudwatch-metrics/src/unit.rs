//! Units, in CloudWatch's words.

use aws_sdk_cloudwatch::types::StandardUnit;

/// CloudWatch's word for `unit`, which is in the terms of the Unified Code for Units of Measure, of Prometheus or of
/// CloudWatch itself. What CloudWatch has no word for, such as minutes or degrees, is [`StandardUnit::None`]: no value is
/// converted.
pub(crate) fn word(unit: &str) -> StandardUnit {
    use StandardUnit as Unit;
    match unit {
        "" | "1" => Unit::None,
        "s" | "seconds" => Unit::Seconds,
        "ms" | "milliseconds" => Unit::Milliseconds,
        "us" | "µs" | "microseconds" => Unit::Microseconds,
        "%" | "percent" => Unit::Percent,
        "By" | "bytes" => Unit::Bytes,
        "kBy" => Unit::Kilobytes,
        "MBy" => Unit::Megabytes,
        "GBy" => Unit::Gigabytes,
        "TBy" => Unit::Terabytes,
        "bit" => Unit::Bits,
        "kbit" => Unit::Kilobits,
        "Mbit" => Unit::Megabits,
        "Gbit" => Unit::Gigabits,
        "Tbit" => Unit::Terabits,
        "By/s" => Unit::BytesSecond,
        "kBy/s" => Unit::KilobytesSecond,
        "MBy/s" => Unit::MegabytesSecond,
        "GBy/s" => Unit::GigabytesSecond,
        "TBy/s" => Unit::TerabytesSecond,
        "bit/s" => Unit::BitsSecond,
        "kbit/s" => Unit::KilobitsSecond,
        "Mbit/s" => Unit::MegabitsSecond,
        "Gbit/s" => Unit::GigabitsSecond,
        "Tbit/s" => Unit::TerabitsSecond,
        "1/s" | "/s" => Unit::CountSecond,
        other if is_annotation(other) => Unit::Count,
        other if other.strip_suffix("/s").is_some_and(is_annotation) => Unit::CountSecond,
        other => match Unit::try_parse(other) {
            Ok(word) => word,
            Err(_) => Unit::None,
        },
    }
}

/// In braces stands what is counted: `{node}`.
fn is_annotation(unit: &str) -> bool {
    unit.len() > 1 && unit.starts_with('{') && unit.ends_with('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_has_its_word() {
        for (unit, word) in [
            ("By", "Bytes"),
            ("bytes", "Bytes"),
            ("s", "Seconds"),
            ("ms", "Milliseconds"),
            ("1", "None"),
            ("", "None"),
            ("%", "Percent"),
            ("{node}", "Count"),
            ("{view}/s", "Count/Second"),
            ("By/s", "Bytes/Second"),
            ("min", "None"),
            ("{", "None"),
            ("Cel", "None"),
            ("grüße\n", "None"),
        ] {
            assert_eq!(self::word(unit).as_str(), word, "{unit}");
        }
    }

    #[test]
    fn each_of_the_words_is_understood() {
        for word in StandardUnit::values() {
            assert_eq!(self::word(word).as_str(), *word);
        }
        assert_eq!(StandardUnit::values().len(), 27);
    }
}
