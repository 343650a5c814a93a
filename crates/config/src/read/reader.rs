use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::access::{ListAccess, OneVariant, TableAccess};
use super::{Fault, ReadError, Scope, secret};
use crate::ConfigErrorKind;
use crate::config_types::{PATH, SECRET, SECRETS};
use crate::report::Problem;
use crate::syntax::looks_secret;
use crate::tree::{Node, Table, Value};
use tidegate_event::text::nearest;

/// One value of the tree, to be read by serde.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) scope: &'a Scope<'a>,
    pub(crate) node: &'a Node,
    /// Under which key it stands.
    pub(crate) key: Option<&'a str>,
    outermost: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(scope: &'a Scope<'a>, node: &'a Node, key: Option<&'a str>) -> Self {
        Self { scope, node, key, outermost: key.is_none() }
    }

    pub(crate) fn inner(self, node: &'a Node, key: Option<&'a str>) -> Self {
        Self { node, key, outermost: false, ..self }
    }

    /// That the mistake is this value's, where nobody said more.
    pub(crate) fn own(self, error: ReadError) -> ReadError {
        if self.outermost && matches!(self.node.value, Value::Table(_)) {
            return error; // the whole is told at its header
        }
        let scalar = !matches!(self.node.value, Value::Table(_) | Value::List(_));
        error.at(|| Fault::Value { span: self.node.span.clone(), scalar, skip: None })
    }

    /// The same of an entry or element, which can be left out the next time.
    pub(crate) fn own_part(self, error: ReadError) -> ReadError {
        let mut error = self.own(error);
        if let Fault::Value { skip: skip @ None, .. } = &mut error.fault {
            *skip = Some(self.node.id());
            error.message = format!("{}: {}", self.place(), error.message);
        }
        error
    }

    /// Where this value is, for people.
    pub(crate) fn place(self) -> String {
        match self.key {
            Some(key) if !self.outermost => format!("`{key}` of {}", self.scope.what),
            _ => self.scope.what.to_owned(),
        }
    }

    pub(crate) fn keys(self, table: &'a Table) -> impl Iterator<Item = &'a (crate::tree::Key, Node)> {
        let hidden = if self.outermost { self.scope.hidden } else { &[] };
        table.entries.iter().filter(move |(key, _)| !hidden.contains(&key.name.as_str()))
    }

    fn publish(self) {
        if !self.key.is_some_and(looks_secret) {
            self.scope.report.publish(&self.node.span);
        }
    }

    fn fits_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.publish();
        match &self.node.value {
            Value::Text(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            value @ (Value::Huge | Value::Date) => {
                Err(ReadError::invalid_type(Unexpected::Other(value.noun()), &visitor))
            }
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Flag(flag) => visitor.visit_bool(*flag),
            Value::List(nodes) => visitor.visit_seq(ListAccess::new(self, nodes)),
            Value::Table(table) => self.table(table, &[], visitor),
        }
    }

    fn table<V: Visitor<'a>>(self, table: &'a Table, fields: &[&str], visitor: V) -> Result<V::Value, ReadError> {
        let access = TableAccess::new(self, table, fields);
        visitor.visit_map(access).map_err(|mut error| {
            if let Fault::Missing { table: table @ None, .. } = &mut error.fault {
                let span = if self.outermost { self.scope.header } else { &self.node.span };
                *table = Some((self.node.id(), span.clone(), self.place()));
            }
            error
        })
    }

    /// Notes each key that a type does not have.
    fn check_keys(self, table: &'a Table, fields: &'static [&'static str]) {
        for (key, _) in self.keys(table).filter(|(key, _)| !fields.contains(&key.name.as_str())) {
            let common = if self.outermost { self.scope.hidden } else { &[] };
            let known = fields.iter().copied().chain(common.iter().copied());
            let meant = nearest(&key.name, known.clone()).map(|name| format!("; did you mean `{name}`?"));
            let name = key.name.escape_debug();
            let message = format!("unknown key `{name}` in {}{}", self.place(), meant.unwrap_or_default());
            let known: Vec<_> = known.collect();
            let help =
                if known.is_empty() { "it takes none".to_owned() } else { format!("known keys: {}", known.join(", ")) };
            self.scope.note(Problem::new(ConfigErrorKind::UnknownKey, &key.span, message).with_help(help));
        }
    }
}

impl<'a> Deserializer<'a> for Reader<'a> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.fits_any(visitor).map_err(|error| self.own(error))
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, name: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        match name {
            SECRET => secret::read(self, visitor).map_err(|error| self.own(error)),
            SECRETS => match &self.node.value {
                Value::List(nodes) => visitor.visit_seq(ListAccess::new(self, nodes)).map_err(|error| self.own(error)),
                _ => visitor.visit_newtype_struct(self).map_err(|error| self.own(error)),
            },
            PATH => secret::read_path(self, visitor).map_err(|error| self.own(error)),
            _ => visitor.visit_newtype_struct(self).map_err(|error| self.own(error)),
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let Value::Table(table) = &self.node.value else { return self.deserialize_any(visitor) };
        self.check_keys(table, fields);
        self.table(table, fields, visitor).map_err(|error| self.own(error))
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.publish();
        let read = match &self.node.value {
            Value::Text(text) => {
                let public = !self.key.is_some_and(looks_secret);
                let word: StrDeserializer<'_, ReadError> = text.as_str().into_deserializer();
                visitor.visit_enum(word).map_err(|error| if public { error.with_word(text) } else { error })
            }
            Value::Table(table) => match table.entries.as_slice() {
                [(key, node)] => visitor.visit_enum(OneVariant::new(key, self.inner(node, Some(&key.name)))),
                _ => Err(ReadError::new(ConfigErrorKind::InvalidValue, "expected a table with one key")),
            },
            value => {
                let message = format!("found {}; expected a word in quotes", value.noun());
                Err(ReadError::new(ConfigErrorKind::InvalidValue, message))
            }
        };
        read.map_err(|error| self.own(error))
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier
    }
}
