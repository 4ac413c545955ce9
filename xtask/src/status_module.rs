//! The module behind `getUserStatus`: one function of numbers, so it needs no bindings, only to be rid of all that the
//! linker left around it. A page compiles it without waiting, so it is not deflated: what inflates does not wait either.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use walrus::Module;

/// The only thing that JavaScript calls.
const EXPORT: &str = "user_status";

const SCRIPT: &str = "user-status.gen.ts";
const HEADER: &str = "// Made by `cargo xtask build`: the module behind getUserStatus, base64.\n";

/// Some browsers compile no larger one on the main thread.
const LIMIT: usize = 4_096;

/// Writes the script that holds the module into `folder`.
pub(crate) fn write(compiled: &Path, folder: &Path) -> Result<()> {
    let mut module = Module::from_file(compiled).context("the compiler's output is no wasm module")?;
    let bytes = stripped(&mut module)?;
    let script = format!("{HEADER}export default \"{}\";\n", STANDARD.encode(bytes));
    fs::write(folder.join(SCRIPT), script)?;
    Ok(())
}

/// The module with what the export needs, and nothing else.
fn stripped(module: &mut Module) -> Result<Vec<u8>> {
    let others: Vec<_> = module.exports.iter().filter(|export| export.name != EXPORT).map(walrus::Export::id).collect();
    for export in others {
        module.exports.delete(export);
    }
    if module.exports.iter().next().is_none() {
        bail!("the module exports no `{EXPORT}`");
    }
    walrus::passes::gc::run(module);
    if module.imports.iter().next().is_some() || module.memories.iter().next().is_some() {
        bail!("the module wants imports or memory: what it calls does more than compare numbers");
    }
    let customs: Vec<_> = module.customs.iter().map(|(id, _)| id).collect();
    for custom in customs {
        module.customs.delete(custom);
    }
    module.producers.clear();
    for function in module.funcs.iter_mut() {
        function.name = None;
    }
    module.name = None;
    let bytes = module.emit_wasm();
    if bytes.len() > LIMIT {
        bail!("the module has {} bytes; above {LIMIT} some browsers refuse to compile it at once", bytes.len());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use walrus::{FunctionBuilder, ModuleConfig, ValType};

    use super::*;

    /// One function that gives a number, exported as `name`, beside what linkers leave.
    fn compiled(name: &str, loads: bool) -> Module {
        let mut module = Module::with_config(ModuleConfig::new());
        let memory = module.memories.add_local(false, false, 16, None, None);
        let mut function = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
        function.name("a_long_name".to_owned()).func_body().i32_const(7);
        if loads {
            function.func_body().drop().memory_size(memory);
        }
        let function = function.finish(vec![], &mut module.funcs);
        module.exports.add(name, function);
        module.exports.add("memory", memory);
        module
    }

    #[test]
    fn the_export_alone_is_left() {
        let bytes = stripped(&mut compiled(EXPORT, false)).unwrap();
        let mut module = Module::from_buffer(&bytes).unwrap();
        assert_eq!(module.exports.iter().map(|export| export.name.as_str()).collect::<Vec<_>>(), [EXPORT]);
        assert_eq!((module.memories.iter().count(), module.funcs.iter().count()), (0, 1));
        assert!(!String::from_utf8_lossy(&module.emit_wasm()).contains("a_long_name"));
    }

    #[test]
    fn a_module_that_needs_more_is_refused() {
        let missing = stripped(&mut compiled("another", false)).unwrap_err();
        assert!(missing.to_string().contains(EXPORT));
        let loading = stripped(&mut compiled(EXPORT, true)).unwrap_err();
        assert!(loading.to_string().contains("memory"));
    }
}
