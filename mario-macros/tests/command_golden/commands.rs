mario::commands![dim, switch::off];
