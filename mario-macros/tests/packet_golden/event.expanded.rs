const _: () = {
    use ::mario::__private as __mario;
    #[automatically_derived]
    impl<'a> __mario::Packet for Event<'a> {
        const DESCRIPTION: &'static __mario::Description = &__mario::Description {
            name: "Event",
            doc: "",
            check: __mario::None,
            shape: __mario::Shape::Enum {
                tag: __mario::Scalar::U8,
                order: __mario::Order::Little,
                variants: &[
                    __mario::Variant {
                        name: "Idle",
                        doc: "",
                        value: 0 as i64,
                        other: false,
                        number: __mario::None,
                        fields: &[],
                    },
                    __mario::Variant {
                        name: "Said",
                        doc: "",
                        value: 16 as i64,
                        other: false,
                        number: __mario::None,
                        fields: &__mario::fields(
                            1,
                            [__mario::field::<&'a str>("Event.Said.text", "")],
                        ),
                    },
                    __mario::Variant {
                        name: "Unknown",
                        doc: "",
                        value: 17 as i64,
                        other: true,
                        number: __mario::Some(
                            __mario::number::<u8>("Event.Unknown.0", ""),
                        ),
                        fields: &__mario::fields(
                            1,
                            [
                                __mario::field::<
                                    __mario::Rest<&'a [u8]>,
                                >("Event.Unknown.1", ""),
                            ],
                        ),
                    },
                ],
            },
        };
    }
    #[automatically_derived]
    impl<'a> __mario::Encode for Event<'a> {
        const SIZE: __mario::Size = <Self as __mario::Packet>::DESCRIPTION.size();
        const TYPE: __mario::Type = __mario::Type::Packet(
            <Self as __mario::Packet>::DESCRIPTION,
        );
        #[inline]
        fn encode(
            &self,
            out: &mut __mario::Encoder<'_>,
        ) -> __mario::Result<(), __mario::EncodeError> {
            match self {
                Self::Idle => {
                    out.tag::<u8>(0)?;
                }
                Self::Said { text } => {
                    out.tag::<u8>(16)?;
                    let mut run = match out.run_in::<Self, 1, 0>() {
                        __mario::Ok(value) => value,
                        __mario::Err(error) => return __mario::Err(error),
                    };
                    match run.field::<&'a str>(text, out, "Event.Said.text") {
                        __mario::Ok(value) => value,
                        __mario::Err(error) => return __mario::Err(error),
                    };
                }
                Self::Unknown(field_0, field_1) => {
                    out.tag::<u8>(*field_0)?;
                    let mut run = match out.run_in::<Self, 2, 0>() {
                        __mario::Ok(value) => value,
                        __mario::Err(error) => return __mario::Err(error),
                    };
                    match run
                        .field::<
                            __mario::Rest<&'a [u8]>,
                        >(field_1, out, "Event.Unknown.1")
                    {
                        __mario::Ok(value) => value,
                        __mario::Err(error) => return __mario::Err(error),
                    };
                }
            }
            __mario::Ok(())
        }
    }
    #[automatically_derived]
    impl<'a> __mario::Decode<'a> for Event<'a> {
        #[inline]
        fn decode(
            input: &mut __mario::Decoder<'a>,
        ) -> __mario::Result<Self, __mario::DecodeError> {
            __mario::Ok(
                match input.tag::<u8>()? {
                    0 => Self::Idle,
                    16 => {
                        let mut run = match input.run_in::<Self, 1, 0>() {
                            __mario::Ok(value) => value,
                            __mario::Err(error) => return __mario::Err(error),
                        };
                        let text = match run.field::<&'a str>(input, "Event.Said.text") {
                            __mario::Ok(value) => value,
                            __mario::Err(error) => return __mario::Err(error),
                        };
                        Self::Said { text }
                    }
                    field_0 => {
                        let mut run = match input.run_in::<Self, 2, 0>() {
                            __mario::Ok(value) => value,
                            __mario::Err(error) => return __mario::Err(error),
                        };
                        let field_1 = match run
                            .field::<__mario::Rest<&'a [u8]>>(input, "Event.Unknown.1")
                        {
                            __mario::Ok(value) => value,
                            __mario::Err(error) => return __mario::Err(error),
                        };
                        Self::Unknown(field_0, field_1)
                    }
                },
            )
        }
    }
    const _: () = __mario::assert_fits_frame::<Event<'static>>();
};
