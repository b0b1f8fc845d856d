//! What commands print for people, wrong input included.

#[test]
fn commands_print_what_they_should() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .env("SALUS_HOME", "no-such-home")
        .case("tests/commands/*.trycmd");
}
