//! The modules that are rules and nothing else: functions of numbers, so they need no bindings, only to be rid of all
//! that the linker left around them. A page compiles them without waiting, so they are not deflated: what inflates does
//! not wait either.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use walrus::Module;

/// A crate whose functions JavaScript calls.
pub(crate) struct Rules {
    pub(crate) package: &'static str,
    /// What is called; the rest goes.
    exports: &'static [&'static str],
    script: &'static str,
    of: &'static str,
}

pub(crate) const ALL: [Rules; 2] = [
    Rules {
        package: "presence-status",
        exports: &["user_status"],
        script: "user-status.gen.ts",
        of: "the module behind getUserStatus",
    },
    Rules {
        package: "presence-playback",
        exports: &["position", "correction", "desync"],
        script: "playback-rules.gen.ts",
        of: "the module behind followPlayback",
    },
];

/// Some browsers compile no larger one on the main thread.
const LIMIT: usize = 4_096;

impl Rules {
    /// Writes the script that holds the module into `folder`; gives the module's size.
    pub(crate) fn write(&self, compiled: &Path, folder: &Path) -> Result<usize> {
        let mut module = Module::from_file(compiled).context("the compiler's output is no wasm module")?;
        let bytes = stripped(&mut module, self.exports)?;
        let header = format!("// Made by `cargo xtask build`: {}, base64.", self.of);
        let script = format!("{header}\nexport default \"{}\";\n", STANDARD.encode(&bytes));
        fs::write(folder.join(self.script), script)?;
        Ok(bytes.len())
    }
}

/// The module with what the exports need, and nothing else.
fn stripped(module: &mut Module, wanted: &[&str]) -> Result<Vec<u8>> {
    let is_wanted = |export: &walrus::Export| wanted.contains(&export.name.as_str());
    let others: Vec<_> = module.exports.iter().filter(|export| !is_wanted(export)).map(walrus::Export::id).collect();
    for export in others {
        module.exports.delete(export);
    }
    if let Some(missing) = wanted.iter().find(|name| module.exports.iter().all(|export| export.name != **name)) {
        bail!("the module exports no `{missing}`");
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
        let bytes = stripped(&mut compiled("rule", false), &["rule"]).unwrap();
        let mut module = Module::from_buffer(&bytes).unwrap();
        assert_eq!(module.exports.iter().map(|export| export.name.as_str()).collect::<Vec<_>>(), ["rule"]);
        assert_eq!((module.memories.iter().count(), module.funcs.iter().count()), (0, 1));
        assert!(!String::from_utf8_lossy(&module.emit_wasm()).contains("a_long_name"));
    }

    #[test]
    fn a_module_that_needs_more_is_refused() {
        let missing = stripped(&mut compiled("another", false), &["another", "rule"]).unwrap_err();
        assert!(missing.to_string().contains("`rule`"));
        let loading = stripped(&mut compiled("rule", true), &["rule"]).unwrap_err();
        assert!(loading.to_string().contains("memory"));
    }
}
