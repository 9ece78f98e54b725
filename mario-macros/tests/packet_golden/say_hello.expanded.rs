const _: () = {
    use ::mario::__private as __mario;
    #[automatically_derived]
    impl<'a> __mario::Packet for SayHello<'a> {
        const DESCRIPTION: &'static __mario::Description = &__mario::Description {
            name: "SayHello",
            doc: "Greets whoever is named.",
            check: __mario::None,
            shape: __mario::Shape::Struct {
                fields: &__mario::fields(
                    0,
                    [__mario::field::<&'a str>("SayHello.name", "Who it is.")],
                ),
                extensible: false,
            },
        };
    }
    #[automatically_derived]
    impl<'a> __mario::Encode for SayHello<'a> {
        const SIZE: __mario::Size = <Self as __mario::Packet>::DESCRIPTION.size();
        const TYPE: __mario::Type = __mario::Type::Packet(
            <Self as __mario::Packet>::DESCRIPTION,
        );
        const ANY_BYTES: bool = <Self as __mario::Packet>::DESCRIPTION.any_bytes();
        #[inline]
        fn encode(
            &self,
            out: &mut __mario::Encoder<'_>,
        ) -> __mario::Result<(), __mario::EncodeError> {
            let mut run = match out.run::<Self, 0>() {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            match run.field::<&'a str>(&self.name, out, "SayHello.name") {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            __mario::Ok(())
        }
    }
    #[automatically_derived]
    impl<'a> __mario::Decode<'a> for SayHello<'a> {
        #[inline]
        fn decode(
            input: &mut __mario::Decoder<'a>,
        ) -> __mario::Result<Self, __mario::DecodeError> {
            let mut run = match input.run::<Self, 0>() {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let name = match run.field::<&'a str>(input, "SayHello.name") {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            __mario::Ok(Self { name })
        }
    }
    const _: () = __mario::assert_fits_frame::<SayHello<'static>>();
};
