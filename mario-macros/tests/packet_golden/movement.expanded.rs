const _: () = {
    use ::mario::__private as __mario;
    #[automatically_derived]
    impl __mario::Packet for Move {
        const DESCRIPTION: &'static __mario::Description = &__mario::Description {
            name: "Move",
            doc: "",
            check: __mario::None,
            shape: __mario::Shape::Struct {
                fields: &__mario::fields(
                    0,
                    [
                        __mario::field::<u32>("Move.unit", ""),
                        {
                            __mario::travels::<Position>();
                            __mario::field::<Position>("Move.to", "")
                        },
                        __mario::field::<f32>("Move.speed", ""),
                        {
                            __mario::travels::<Vec<Position>>();
                            __mario::field::<Vec<Position>>("Move.path", "")
                        },
                        __mario::field::<bool>("Move.hurry", ""),
                    ],
                ),
                extensible: false,
            },
        };
    }
    #[automatically_derived]
    impl __mario::Encode for Move {
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
            run.plain::<u32>(&self.unit);
            __mario::travels::<Position>();
            match run.field::<Position>(&self.to, out, "Move.to") {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let mut run = match out.next_run::<Self, 2>(run) {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            run.plain::<f32>(&self.speed);
            __mario::travels::<Vec<Position>>();
            match run.field::<Vec<Position>>(&self.path, out, "Move.path") {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let mut run = match out.next_run::<Self, 4>(run) {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            match run.field::<bool>(&self.hurry, out, "Move.hurry") {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            __mario::Ok(())
        }
    }
    #[automatically_derived]
    impl<'a> __mario::Decode<'a> for Move {
        #[inline]
        fn decode(
            input: &mut __mario::Decoder<'a>,
        ) -> __mario::Result<Self, __mario::DecodeError> {
            let mut run = match input.run::<Self, 0>() {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let held_0 = run.hold::<u32>();
            __mario::travels::<Position>();
            let to = match run.field::<Position>(input, "Move.to") {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let mut run = match input.next_run::<Self, 2>(run) {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let held_2 = run.hold::<f32>();
            __mario::travels::<Vec<Position>>();
            let path = match run.field::<Vec<Position>>(input, "Move.path") {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let mut run = match input.next_run::<Self, 4>(run) {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let hurry = match run.field::<bool>(input, "Move.hurry") {
                __mario::Ok(value) => value,
                __mario::Err(error) => return __mario::Err(error),
            };
            let unit = __mario::held::<u32>(held_0);
            let speed = __mario::held::<f32>(held_2);
            __mario::Ok(Self {
                unit,
                to,
                speed,
                path,
                hurry,
            })
        }
    }
    const _: () = __mario::assert_fits_frame::<Move>();
    const _: () = {
        __mario::travels::<Position>();
        __mario::assert_ends::<Position>()
    };
    const _: () = {
        __mario::travels::<Vec<Position>>();
        __mario::assert_repeats::<Position>()
    };
    const _: () = {
        __mario::travels::<Vec<Position>>();
        __mario::assert_some_bytes::<Position>()
    };
};
