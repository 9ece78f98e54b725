const _: () = {
    use ::mario::__private as __mario;
    #[automatically_derived]
    impl<'a> __mario::Packet for SayHello<'a> {
        const DESCRIPTION: &'static __mario::Description = &__mario::Description {
            name: "SayHello",
            doc: "Asks for a greeting.",
            check: __mario::None,
            shape: __mario::Shape::Struct {
                fields: &__mario::fields(
                    0,
                    [__mario::field::<&'a str>("SayHello.name", "")],
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
    #[automatically_derived]
    impl<'a> __mario::Request for SayHello<'a> {
        const COMMAND: u16 = SAY_HELLO;
        type Reply = Hello;
    }
    #[automatically_derived]
    impl<'a> __mario::OwnedReply for SayHello<'a> {}
    const _: () = __mario::assert_free(SAY_HELLO);
    const _: () = __mario::assert_fits_frame::<SayHello<'static>>();
};
const _: () = {
    use ::mario::__private as __mario;
    #[automatically_derived]
    impl __mario::Packet for GetMotto {
        const DESCRIPTION: &'static __mario::Description = &__mario::Description {
            name: "GetMotto",
            doc: "Asks for today's motto.",
            check: __mario::None,
            shape: __mario::Shape::Struct {
                fields: &[],
                extensible: false,
            },
        };
    }
    #[automatically_derived]
    impl __mario::Encode for GetMotto {
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
            __mario::Ok(())
        }
    }
    #[automatically_derived]
    impl<'a> __mario::Decode<'a> for GetMotto {
        #[inline]
        fn decode(
            input: &mut __mario::Decoder<'a>,
        ) -> __mario::Result<Self, __mario::DecodeError> {
            __mario::Ok(Self)
        }
    }
    #[automatically_derived]
    impl __mario::Request for GetMotto {
        const COMMAND: u16 = 0x0603;
        type Reply = Motto<'static>;
    }
    const _: () = __mario::assert_fits_frame::<GetMotto>();
};
