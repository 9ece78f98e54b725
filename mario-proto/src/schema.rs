use crate::describe::{Description, Field, Length, Order, Scalar, Shape, Type, Variant};

impl Description {
    /// The newest version that one of its fields came with; 1 if it never grew.
    pub const fn version(&self) -> u16 {
        let mut newest = 1;
        let mut fields = self.fields();
        while let [field, others @ ..] = fields {
            if field.since > newest {
                newest = field.since;
            }
            fields = others;
        }
        newest
    }

    /// A number that stands for the layout of this packet as it was in `version`, later fields left out.
    ///
    /// The types of the fields in their order, how lengths are told, and the numbers of variants make it, in whatever
    /// order these are declared. Names, documentation, limits and checks are no part of it. Packets with one number have
    /// one layout, but for an accident in 2⁶⁴; those with two may have one too, as when one nests the fields of the other
    /// in a packet. So a version that has been released keeps its number for as long as nobody breaks it, which is worth a test:
    ///
    /// ```
    /// use mario_proto::{NoReply, Packet, Payload};
    ///
    /// assert_ne!(NoReply::DESCRIPTION.schema_hash(1), Payload::DESCRIPTION.schema_hash(1));
    /// ```
    pub const fn schema_hash(&self, version: u16) -> u64 {
        Hash::NEW.packet(self, version).0
    }
}

/// FNV-1a, which a constant can compute.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    const NEW: Self = Self(0xcbf2_9ce4_8422_2325);

    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3))
    }

    const fn number(self, number: u64) -> Self {
        let mut hash = self;
        let bytes = number.to_le_bytes();
        let mut bytes: &[u8] = &bytes;
        while let [byte, others @ ..] = bytes {
            hash = hash.byte(*byte);
            bytes = others;
        }
        hash
    }

    const fn text(self, text: &str) -> Self {
        let mut hash = self.number(text.len() as u64);
        let mut bytes = text.as_bytes();
        while let [byte, others @ ..] = bytes {
            hash = hash.byte(*byte);
            bytes = others;
        }
        hash
    }

    const fn packet(self, packet: &Description, version: u16) -> Self {
        match packet.shape {
            Shape::Struct { fields, extensible } => {
                self.byte(1).byte(extensible as u8).fields(fields, version)
            }
            Shape::Enum { tag, order, variants } => self.byte(2).scalar(tag, order).variants(variants),
            Shape::Opaque { size } => self.byte(3).text(packet.name).number(size.min as u64),
        }
    }

    const fn fields(self, fields: &[Field], version: u16) -> Self {
        let mut hash = self;
        let mut fields = fields;
        while let [field, others @ ..] = fields {
            if field.since <= version {
                hash = hash.ty(&field.ty);
            }
            fields = others;
        }
        hash.byte(0)
    }

    /// A sum, as the order in which variants are declared does not travel.
    const fn variants(self, variants: &[Variant]) -> Self {
        let mut sum = 0_u64;
        let mut variants = variants;
        while let [variant, others @ ..] = variants {
            let number = if variant.other {
                Self::NEW.byte(1)
            } else {
                Self::NEW.byte(2).number(variant.value as u64)
            };
            sum = sum.wrapping_add(number.fields(variant.fields, u16::MAX).0);
            variants = others;
        }
        self.number(sum)
    }

    const fn ty(self, ty: &Type) -> Self {
        match *ty {
            Type::Scalar(scalar, order) => self.byte(1).scalar(scalar, order),
            Type::Bool => self.byte(2),
            Type::Text(length) => self.byte(3).length(length),
            Type::CText(len) => self.byte(4).number(len as u64),
            Type::Bytes(length) => self.byte(5).length(length),
            Type::List(item, length) => self.byte(6).length(length).ty(item),
            Type::Array(item, len) => self.byte(7).number(len as u64).ty(item),
            Type::Option(value) => self.byte(8).ty(value),
            // A packet inside grows by itself: its first version is what this one relies on.
            Type::Packet(packet) => self.byte(9).packet(packet, 1),
            Type::Opaque { size } => self.byte(10).number(size.min as u64),
        }
    }

    const fn length(self, length: Length) -> Self {
        match length.prefix {
            Some((scalar, order)) => self.byte(1).scalar(scalar, order),
            None => self.byte(0),
        }
    }

    const fn scalar(self, scalar: Scalar, order: Order) -> Self {
        let order = match order {
            Order::Little => 0,
            Order::Big => 1,
        };
        self.byte(scalar as u8).byte(order)
    }
}
