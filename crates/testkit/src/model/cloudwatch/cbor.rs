//! CBOR as the protocol has it: what comes, as a value; what goes, a map of two texts.

use chrono::{DateTime, Utc};
use minicbor::data::{Tag, Type};
use minicbor::decode::Error;
use minicbor::{Decoder, Encoder};

/// How deep values may lie in one another.
const DEEPEST: usize = 16;

/// A decoded value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(f64),
    Bool(bool),
    /// Tag 1: a time in seconds.
    Time(f64),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    Null,
}

impl Value {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let mut decoder = Decoder::new(bytes);
        let value = read(&mut decoder, 0)?;
        if decoder.position() == bytes.len() { Ok(value) } else { Err(Error::message("there is something after it")) }
    }

    /// What stands under `name` in a map.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Self]> {
        if let Self::List(values) = self { Some(values) } else { None }
    }

    pub(super) fn time(&self) -> Option<DateTime<Utc>> {
        let Self::Time(seconds) = self else { return None };
        #[expect(clippy::cast_possible_truncation, reason = "a time far off is none of those that are taken")]
        DateTime::from_timestamp_millis((seconds * 1_000.0).round() as i64)
    }

    /// The names of a map's entries.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let entries = if let Self::Map(entries) = self { entries.as_slice() } else { &[] };
        entries.iter().map(|(name, _)| name.as_str())
    }
}

fn read(decoder: &mut Decoder<'_>, depth: usize) -> Result<Value, Error> {
    if depth > DEEPEST {
        return Err(Error::message("it is too deep"));
    }
    Ok(match decoder.datatype()? {
        Type::String | Type::StringIndef => Value::Text(decoder.str_iter()?.collect::<Result<String, _>>()?),
        Type::Bool => Value::Bool(decoder.bool()?),
        Type::F16 => Value::Number(decoder.f16()?.into()),
        Type::F32 => Value::Number(decoder.f32()?.into()),
        Type::F64 => Value::Number(decoder.f64()?),
        Type::Null | Type::Undefined => {
            decoder.skip()?;
            Value::Null
        }
        Type::Tag if decoder.tag()? == Tag::new(1) => match read(decoder, depth + 1)? {
            Value::Number(seconds) => Value::Time(seconds),
            _ => return Err(Error::message("a time that is no number")),
        },
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array()?;
            Value::List(items(decoder, length, |decoder| read(decoder, depth + 1))?)
        }
        Type::Map | Type::MapIndef => {
            let length = decoder.map()?;
            let entry = |decoder: &mut Decoder<'_>| Ok((decoder.str()?.to_owned(), read(decoder, depth + 1)?));
            Value::Map(items(decoder, length, entry)?)
        }
        #[expect(clippy::cast_precision_loss, reason = "what is counted here is small")]
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
            Value::Number(decoder.i64()? as f64)
        }
        other => return Err(Error::message(format!("what is of type {other} has no place in a request"))),
    })
}

/// So many, or as many as come before the end.
fn items<T>(
    decoder: &mut Decoder<'_>,
    length: Option<u64>,
    mut item: impl FnMut(&mut Decoder<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut items = Vec::new();
    loop {
        let ends = match length {
            Some(length) => items.len() as u64 == length,
            None => decoder.datatype()? == Type::Break,
        };
        if ends {
            break;
        }
        items.push(item(decoder)?);
    }
    if length.is_none() {
        decoder.skip()?;
    }
    Ok(items)
}

/// A map of texts.
pub(super) fn texts(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    let written = encoder.map(entries.len() as u64).and_then(|encoder| {
        entries.iter().try_fold(encoder, |encoder, (name, value)| encoder.str(name)?.str(value)).map(drop)
    });
    // Writing to memory cannot fail.
    written.map(|()| encoder.into_writer()).unwrap_or_default()
}

/// What `ListMetrics` gives: names and namespaces, without dimensions.
pub(super) fn metrics(metrics: &[(String, String)]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    let mut write = || {
        encoder.map(1)?.str("Metrics")?.array(metrics.len() as u64)?;
        for (namespace, name) in metrics {
            encoder.map(2)?.str("Namespace")?.str(namespace)?.str("MetricName")?.str(name)?;
        }
        Ok::<(), minicbor::encode::Error<std::convert::Infallible>>(())
    };
    let written = write();
    written.map(|()| encoder.into_writer()).unwrap_or_default()
}
