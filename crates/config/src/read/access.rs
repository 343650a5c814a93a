use std::vec;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::filler::Filler;
use super::{Fault, ReadError, Reader};
use crate::tree::{Key, Node, Table};

/// The elements of a list, without those that were wrong.
pub(super) struct ListAccess<'a> {
    reader: Reader<'a>,
    nodes: std::slice::Iter<'a, Node>,
}

impl<'a> ListAccess<'a> {
    pub(super) fn new(reader: Reader<'a>, nodes: &'a [Node]) -> Self {
        Self { reader, nodes: nodes.iter() }
    }
}

impl<'a> SeqAccess<'a> for ListAccess<'a> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let next = {
            let pass = self.reader.scope.pass.borrow();
            self.nodes.find(|node| !pass.skipped.contains(&node.id()))
        };
        let Some(node) = next else { return Ok(None) };
        let element = self.reader.inner(node, self.reader.key);
        seed.deserialize(element).map(Some).map_err(|error| element.own_part(error))
    }
}

/// What a table gives next.
enum Next<'a> {
    Real(&'a Key, &'a Node),
    /// A key that is missing, or is there and was wrong.
    Filled(&'static str),
}

/// The entries of a table, without those that nobody knows or that were wrong, and with those that were missing.
pub(super) struct TableAccess<'a> {
    reader: Reader<'a>,
    entries: vec::IntoIter<Next<'a>>,
    value: Option<Next<'a>>,
}

impl<'a> TableAccess<'a> {
    /// `fields`: which keys the type has; any, where there are none.
    pub(super) fn new(reader: Reader<'a>, table: &'a Table, fields: &[&str]) -> Self {
        let pass = reader.scope.pass.borrow();
        let known = |key: &Key| fields.is_empty() || fields.contains(&key.name.as_str());
        let real = reader.keys(table).filter(|(key, node)| known(key) && !pass.skipped.contains(&node.id()));
        let real = real.map(|(key, node)| Next::Real(key, node));
        let filled = pass.filled.get(&reader.node.id()).into_iter().flatten().map(|key| Next::Filled(key));
        let entries: Vec<_> = real.chain(filled).collect();
        Self { reader, entries: entries.into_iter(), value: None }
    }
}

impl<'a> MapAccess<'a> for TableAccess<'a> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let Some(next) = self.entries.next() else { return Ok(None) };
        let (name, node) = match &next {
            Next::Real(key, node) => (key.name.as_str(), Some(*node)),
            Next::Filled(key) => (*key, None),
        };
        let name: StrDeserializer<'_, ReadError> = name.into_deserializer();
        let key = seed.deserialize(name).map_err(|error| match node {
            Some(node) => self.reader.inner(node, None).own_part(error),
            None => error.at(|| Fault::Filler),
        });
        self.value = Some(next);
        key.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        match self.value.take() {
            Some(Next::Real(key, node)) => {
                let value = self.reader.inner(node, Some(&key.name));
                seed.deserialize(value).map_err(|error| value.own_part(error))
            }
            Some(Next::Filled(_)) | None => {
                seed.deserialize(Filler).map_err(|error| ReadError { fault: Fault::Filler, ..error })
            }
        }
    }
}

/// A variant with a value: the one key of a table, and what stands under it.
pub(super) struct OneVariant<'a> {
    key: &'a Key,
    reader: Reader<'a>,
}

impl<'a> OneVariant<'a> {
    pub(super) fn new(key: &'a Key, reader: Reader<'a>) -> Self {
        Self { key, reader }
    }
}

impl<'a> EnumAccess<'a> for OneVariant<'a> {
    type Error = ReadError;
    type Variant = Reader<'a>;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Reader<'a>), ReadError> {
        let name: StrDeserializer<'_, ReadError> = self.key.name.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, self.reader))
    }
}

impl<'a> VariantAccess<'a> for Reader<'a> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, ReadError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'a>>(self, length: usize, visitor: V) -> Result<V::Value, ReadError> {
        serde::Deserializer::deserialize_tuple(self, length, visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        serde::Deserializer::deserialize_struct(self, "", fields, visitor)
    }
}
