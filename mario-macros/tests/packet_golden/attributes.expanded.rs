const _: () = {
    use ::mario::__private as __mario;
    #[allow(unused_imports)]
    use __mario::NoFlags as _;
    #[automatically_derived]
    impl<'a> __mario::Packet for Account<'a> {
        const DESCRIPTION: &'static __mario::Description = &__mario::Description {
            name: "Account",
            doc: "",
            check: __mario::Some("Self::is_valid"),
            shape: __mario::Shape::Struct {
                fields: &__mario::fields(
                    0,
                    [
                        __mario::field::<u32>("Account.id", "").correlation(),
                        __mario::field::<
                            __mario::Prefixed<&'a str, u8, { 32 }>,
                        >("Account.name", ""),
                        __mario::field::<
                            __mario::CText<String, { 16 }>,
                        >("Account.nick", ""),
                        __mario::field::<u8>("Account.age", "")
                            .in_range(
                                __mario::Bound::Included(__mario::Number::u8(18)),
                                __mario::Bound::Unbounded,
                            ),
                        __mario::field::<u16>("Account.rights", "").flags(),
                        __mario::field::<__mario::Big<u32>>("Account.address", ""),
                        __mario::field::<u16>("Account.level", "").since(2, "1"),
                    ],
                ),
                extensible: true,
            },
        };
        #[inline]
        fn correlation(&self) -> __mario::Option<u64> {
            __mario::Some(self.id as u64)
        }
        #[inline]
        fn set_correlation(&mut self, correlation: u64) {
            self.id = correlation as u32;
        }
    }
    #[automatically_derived]
    impl<'a> __mario::Encode for Account<'a> {
        const SIZE: __mario::Size = <Self as __mario::Packet>::DESCRIPTION.size();
        const TYPE: __mario::Type = __mario::Type::Packet(
            <Self as __mario::Packet>::DESCRIPTION,
        );
        #[inline]
        fn encode(
            &self,
            out: &mut __mario::Encoder<'_>,
        ) -> __mario::Result<(), __mario::EncodeError> {
            if !Self::is_valid(self) {
                return __mario::Err(
                    __mario::EncodeError::new(__mario::EncodeErrorKind::Refused),
                );
            }
            let mut run = match out.run::<Self, 0>() {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            run.plain::<u32>(&self.id);
            match run
                .field::<
                    __mario::Prefixed<&'a str, u8, { 32 }>,
                >(&self.name, out, "Account.name")
            {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let mut run = match out.next_run::<Self, 2>(run) {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            match run
                .field::<__mario::CText<String, { 16 }>>(&self.nick, out, "Account.nick")
            {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            match run
                .field_if::<
                    u8,
                >(
                    &self.age,
                    out,
                    "Account.age",
                    || {
                        __mario::within(&self.age, &(18..))?;
                        __mario::Ok(())
                    },
                )
            {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            match run.field::<u16>(&(&self.rights).bits(), out, "Account.rights") {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            match run
                .field::<
                    __mario::Big<u32>,
                >(
                    &<Ipv4Addr as __mario::Via<u32>>::travel(&self.address),
                    out,
                    "Account.address",
                )
            {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let mut run = match out.run::<Self, 6>() {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            run.plain::<u16>(&self.level);
            __mario::Ok(())
        }
    }
    #[automatically_derived]
    impl<'a> __mario::Decode<'a> for Account<'a> {
        #[inline]
        fn decode(
            input: &mut __mario::Decoder<'a>,
        ) -> __mario::Result<Self, __mario::DecodeError> {
            let start_of_packet = input.offset();
            let mut run = match input.run::<Self, 0>() {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let held_0 = run.hold::<u32>();
            let name = match run
                .field::<__mario::Prefixed<&'a str, u8, { 32 }>>(input, "Account.name")
            {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let mut run = match input.next_run::<Self, 2>(run) {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let nick = match run
                .field::<__mario::CText<String, { 16 }>>(input, "Account.nick")
            {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let age = match run
                .field_map::<
                    u8,
                    u8,
                >(
                    input,
                    "Account.age",
                    |value| {
                        __mario::within(&value, &(18..))?;
                        __mario::Ok(value)
                    },
                )
            {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let rights = match run
                .field_map::<
                    u16,
                    Rights,
                >(
                    input,
                    "Account.rights",
                    |value| {
                        let value = __mario::known(
                            <Rights>::from_bits(__mario::Bits::resized(value)),
                            value,
                        )?;
                        __mario::Ok(value)
                    },
                )
            {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let address = match run
                .field_map::<
                    __mario::Big<u32>,
                    Ipv4Addr,
                >(
                    input,
                    "Account.address",
                    |value| {
                        let value = <Ipv4Addr as __mario::Via<u32>>::arrive(value);
                        __mario::Ok(value)
                    },
                )
            {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let id = __mario::held::<u32>(held_0);
            let level: u16 = if input.is_empty() {
                1
            } else {
                let mut run = match input.run::<Self, 6>() {
                    __mario::Ok(value) => value,
                    __mario::Err(error) => return __mario::Err(error),
                };
                let held_6 = run.hold::<u16>();
                let level = __mario::held::<u16>(held_6);
                level
            };
            input.rest();
            let packet = Self {
                id,
                name,
                nick,
                age,
                rights,
                address,
                level,
            };
            if !Self::is_valid(&packet) {
                return __mario::Err(
                    __mario::DecodeError::new(
                        __mario::DecodeErrorKind::Refused,
                        start_of_packet,
                    ),
                );
            }
            __mario::Ok(packet)
        }
    }
    const _: () = __mario::assert_fits_frame::<Account<'static>>();
};
