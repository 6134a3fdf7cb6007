//! Generates the parser from the grammar beside this file.

fn main() {
    lalrpop::Configuration::new().emit_rerun_directives(true).process_dir("grammar").expect("the grammar is valid");
}
