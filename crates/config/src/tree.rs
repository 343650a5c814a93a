//! What a file says, each key and value with its place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// From the first byte to the one after the last.
pub(crate) type Span = Range<usize>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// In the order of the file.
    pub(crate) entries: Vec<(Key, Node)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) span: Span,
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    /// A whole number that is too large for us.
    Huge,
    Float(f64),
    Flag(bool),
    Date,
    List(Vec<Node>),
    Table(Table),
}

impl Table {
    pub(crate) fn new(table: DeTable<'_>) -> Self {
        let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| {
            let key = Key { span: key.span(), name: String::from(key.into_inner()) };
            let mut node = Node::new(value);
            if node.span.is_empty() {
                node.span = key.span.clone(); // a table that only its dotted keys speak of
            }
            (key, node)
        };
        let mut entries: Vec<_> = table.into_iter().map(entry).collect();
        entries.sort_by_key(|(key, _)| key.span.start);
        Self { entries }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|(_, node)| node)
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&(Key, Node)> {
        self.entries.iter().find(|(key, _)| key.name == name)
    }

    /// The value under a path such as `open.above`.
    pub(crate) fn find(&self, path: &str) -> Option<&Node> {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        match (self.get(name)?, rest) {
            (node, None) => Some(node),
            (Node { value: Value::Table(table), .. }, Some(rest)) => table.find(rest),
            _ => None,
        }
    }

    /// Calls `look` with the place of each key, and of each value that is not made of others.
    pub(crate) fn walk(&self, look: &mut impl FnMut(&Span, Option<&Value>)) {
        for (key, node) in &self.entries {
            look(&key.span, None);
            node.walk(look);
        }
    }
}

impl Node {
    fn new(value: Spanned<DeValue<'_>>) -> Self {
        let span = value.span();
        let value = match value.into_inner() {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Huge, Value::Integer)
            }
            DeValue::Float(number) => number.as_str().parse().map_or(Value::Huge, Value::Float),
            DeValue::Boolean(flag) => Value::Flag(flag),
            DeValue::Datetime(_) => Value::Date,
            DeValue::Array(list) => Value::List(Self::list(list)),
            DeValue::Table(table) => Value::Table(Table::new(table)),
        };
        Self { span, value }
    }

    fn list(list: DeArray<'_>) -> Vec<Self> {
        list.into_iter().map(Self::new).collect()
    }

    fn walk(&self, look: &mut impl FnMut(&Span, Option<&Value>)) {
        match &self.value {
            Value::List(nodes) => nodes.iter().for_each(|node| node.walk(look)),
            Value::Table(table) => table.walk(look),
            value => look(&self.span, Some(value)),
        }
    }

    /// Tells it from every other one of its tree.
    pub(crate) fn id(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl Value {
    /// What it is, for people.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) => "a whole number",
            Self::Huge => "a number that is too large",
            Self::Float(_) => "a number",
            Self::Flag(true) => "true",
            Self::Flag(false) => "false",
            Self::Date => "a date or time",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}
