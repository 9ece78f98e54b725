const TABLE: mario::Commands<Service> = {
    use ::mario::__private as __mario;
    type __Service = <dim as __mario::Command>::Service;
    const __ENTRIES: &[__mario::Entry<__Service>] = &[
        __mario::entry::<__Service, dim>(),
        __mario::entry::<__Service, switch::off>(),
    ];
    const __DISTINCT: bool = __mario::all_distinct(__ENTRIES);
    const _: () = if !__DISTINCT {
        __mario::assert_distinct(__ENTRIES, 0usize)
    };
    const _: () = if !__DISTINCT {
        __mario::assert_distinct(__ENTRIES, 1usize)
    };
    const __DIRECTORY: &[u16; 256] = &__mario::directory(__ENTRIES);
    const __PAGES: &[__mario::Page<__Service>] = &__mario::pages::<
        __Service,
        { __mario::page_count(__ENTRIES) },
    >(__ENTRIES);
    __mario::Commands::new(__DIRECTORY, __PAGES, __ENTRIES)
};
