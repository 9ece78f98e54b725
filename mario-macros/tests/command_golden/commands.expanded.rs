const TABLE: mario::Commands<Service> = {
    #[allow(unused_imports)]
    mod __no_commands {
        pub(super) use ::mario::__private::{
            NoCommand as Command0, NoCommand as Command1,
        };
    }
    #[allow(unused_imports)]
    use __no_commands::*;
    {
        use ::mario::__private as __mario;
        #[allow(unused_imports)]
        use {dim as Command0, switch::off as Command1};
        const __NAMES: &[(u16, &str)] = &[
            __mario::name::<<Command0 as __mario::Command>::Command>(),
            __mario::name::<<Command1 as __mario::Command>::Command>(),
        ];
        const __DISTINCT: bool = __mario::all_distinct(__NAMES);
        const _: () = if !__DISTINCT {
            __mario::assert_distinct(__NAMES, 0usize)
        };
        const _: () = if !__DISTINCT {
            __mario::assert_distinct(__NAMES, 1usize)
        };
        const __PAGES: usize = __mario::page_count(__NAMES);
        __mario::Commands::new(const {
            &__mario::Table::<
                _,
                _,
                __PAGES,
            >::new(
                __NAMES,
                [
                    __mario::entry::<_, <Command0 as __mario::Command>::Command>(),
                    __mario::entry::<_, <Command1 as __mario::Command>::Command>(),
                ],
            )
        })
    }
};
