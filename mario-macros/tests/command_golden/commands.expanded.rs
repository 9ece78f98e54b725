const TABLE: mario::Commands<Service> = {
    use ::mario::__private as __mario;
    const __NAMES: &[(u16, &str)] = &[
        __mario::name::<<dim as __mario::Command>::Command>(),
        __mario::name::<<switch::off as __mario::Command>::Command>(),
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
                __mario::entry::<_, <dim as __mario::Command>::Command>(),
                __mario::entry::<_, <switch::off as __mario::Command>::Command>(),
            ],
        )
    })
};
