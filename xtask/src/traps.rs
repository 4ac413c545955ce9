//! Panics as bare traps. The module's panic handler ignores what a panic has to say, but the compiler's
//! library, which came compiled, puts it into words first: a twentieth of the module, and the numbers and
//! texts it formats. What only panics becomes `unreachable` here, and the words go with it.

use anyhow::{Result, bail};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module};

/// Functions that never return but by a panic, as they are mangled.
const PANICS: [&str; 7] = [
    "4core9panicking",
    "4core6option13expect_failed",
    "4core6option13unwrap_failed",
    "4core6result13unwrap_failed",
    "5alloc7raw_vec12handle_error",
    "5alloc7raw_vec17capacity_overflow",
    "5alloc5alloc18handle_alloc_error",
];

/// What makes words of values. Nothing but a panic may need it.
const WORDS: [&str; 2] = ["4core3fmt", "4core3str5count"];

/// Where all formatting begins; with it in the module, something is put into words that is not a panic.
const WRITE: &str = "4core3fmt5write";

pub(crate) fn set(module: &mut Module) -> Result<()> {
    if let Some(write) = named(module, &[WRITE]).first().and_then(|write| module.funcs.get(*write).name.as_deref()) {
        bail!(
            "the module formats text ({write}): that brings two kilobytes, and would trap here. Look for `format!`, \
             `write!` or `to_string` in what presence-wasm calls"
        );
    }
    for function in named(module, &PANICS).into_iter().chain(named(module, &WORDS)) {
        trap(module, function);
    }
    Ok(())
}

fn named(module: &Module, marks: &[&str]) -> Vec<FunctionId> {
    let is_meant = |name: &str| marks.iter().any(|mark| name.contains(mark));
    let locals = module.funcs.iter().filter(|function| matches!(function.kind, FunctionKind::Local(_)));
    locals.filter(|function| function.name.as_deref().is_some_and(is_meant)).map(walrus::Function::id).collect()
}

fn trap(module: &mut Module, function: FunctionId) {
    let kind = module.types.get(module.funcs.get(function).ty());
    let (params, results) = (kind.params().to_vec(), kind.results().to_vec());
    let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
    builder.func_body().unreachable();
    let arguments = params.into_iter().map(|kind| module.locals.add(kind)).collect();
    module.funcs.get_mut(function).kind = FunctionKind::Local(builder.local_func(arguments));
}

#[cfg(test)]
mod tests {
    use walrus::ir::Instr;

    use super::*;

    fn module(names: &[&str]) -> Module {
        let mut module = Module::default();
        for name in names {
            let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
            builder.name((*name).to_owned()).func_body().i32_const(1).drop();
            let function = builder.finish(vec![], &mut module.funcs);
            module.exports.add(name, function);
        }
        module
    }

    fn traps(module: &Module, name: &str) -> bool {
        let function = module.funcs.get(module.funcs.by_name(name).unwrap()).kind.unwrap_local();
        matches!(function.block(function.entry_block()).instrs.first(), Some((Instr::Unreachable(_), _)))
    }

    #[test]
    fn panics_and_their_words_trap_and_nothing_else_does() {
        let (panic, word, own) = ("_RNvNtCs1_4core9panicking5panic", "_RNvXs8_4core3fmt3num3fmt", "_ZN8presence4openE");
        let mut module = module(&[panic, word, own]);
        set(&mut module).unwrap();
        assert!(traps(&module, panic) && traps(&module, word) && !traps(&module, own));
    }

    #[test]
    fn a_module_that_formats_is_refused() {
        let error = set(&mut module(&["_RNvNtCs1_4core3fmt5write"])).unwrap_err();
        assert!(error.to_string().contains("formats text"), "{error}");
    }
}
