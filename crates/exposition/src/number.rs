//! Numbers, as both formats write them.

/// 10⁰ to 10²², each of which an `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Digits that fit a `u64`, whichever they are.
const DIGITS: usize = 19;

/// A value. NaN and the infinities in whatever case.
pub(crate) fn value(text: &str) -> Option<f64> {
    short_decimal(text.as_bytes()).or_else(|| text.parse().ok())
}

/// A decimal without an exponent whose digits, as an integer, an `f64` holds exactly: so does the power of ten, and a
/// quotient of two exact numbers is rounded once, as the decimal itself would be.
fn short_decimal(text: &[u8]) -> Option<f64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > DIGITS {
        return None;
    }
    let (mut mantissa, mut decimals, mut has_point) = (0_u64, 0_usize, false);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa * 10 + u64::from(digit);
            decimals += usize::from(has_point);
        } else if *byte == b'.' && !has_point && digits.len() > 1 {
            has_point = true;
        } else {
            return None;
        }
    }
    if mantissa > 1 << f64::MANTISSA_DIGITS {
        return None;
    }
    let value = mantissa as f64 / POWERS.get(decimals)?;
    Some(if is_negative { -value } else { value })
}

/// Milliseconds since 1970, as the text format has them.
pub(crate) fn millis(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Milliseconds since 1970 of the seconds that OpenMetrics has, to the nearest.
pub(crate) fn millis_of_seconds(text: &str) -> Option<i64> {
    /// Beyond it an `f64` tells milliseconds no longer apart.
    const MOST: f64 = 9_007_199_254_740_992.0;
    let millis = (value(text)? * 1e3).round();
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within what an `i64` holds")]
    (millis.abs() <= MOST).then_some(millis as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(text: &str) -> Option<u64> {
        value(text).map(f64::to_bits)
    }

    #[test]
    fn values_are_read_as_dotnet_writes_them() {
        for (text, number) in [
            ("0", 0.0),
            ("-0", -0.0),
            ("+1", 1.0),
            ("1E-06", 1e-6),
            ("2.14E-05", 2.14e-5),
            ("412316860416", 412_316_860_416.0),
            ("311.42101", 311.42101),
            ("+Inf", f64::INFINITY),
            ("-inf", f64::NEG_INFINITY),
            ("9007199254740993", 9_007_199_254_740_992.0),
            ("0.000000000000000001", 1e-18),
        ] {
            assert_eq!(bits(text), Some(f64::to_bits(number)), "{text}");
        }
        assert!(["NaN", "Nan", "nan"].iter().all(|text| value(text).is_some_and(f64::is_nan)));
        for wrong in ["", "-", ".", "-.", "1..2", "1.2.3", "0x10", "1_0", "12a", "--1", "1e", "Na", "١"] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_read_to_the_millisecond() {
        assert_eq!(millis("1785058212345"), Some(1_785_058_212_345));
        assert_eq!(millis("1785058212.345"), None);
        assert_eq!(millis_of_seconds("1785058212.345"), Some(1_785_058_212_345));
        assert_eq!(millis_of_seconds("-1.5"), Some(-1500));
        for wrong in ["NaN", "+Inf", "1e300", ""] {
            assert_eq!(millis_of_seconds(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4096) })]

        #[test]
        fn a_decimal_is_read_to_the_bit(text in "[-+]?[0-9]{0,21}(\\.[0-9]{0,21})?([eE][-+]?[0-9]{1,3})?") {
            prop_assert_eq!(bits(&text), text.parse::<f64>().ok().map(f64::to_bits), "{}", text);
        }

        #[test]
        fn a_short_decimal_is_read_to_the_bit(text in "-?[0-9]{1,16}(\\.[0-9]{0,7})?") {
            prop_assert_eq!(bits(&text), text.parse::<f64>().ok().map(f64::to_bits), "{}", text);
        }

        #[test]
        fn a_number_is_read_back(number in prop::num::f64::ANY) {
            for text in [format!("{number}"), format!("{number:e}"), format!("{number:?}")] {
                prop_assert_eq!(value(&text).map(f64::is_nan), Some(number.is_nan()));
                prop_assert!(number.is_nan() || bits(&text) == Some(number.to_bits()), "{}", text);
            }
        }
    }
}
