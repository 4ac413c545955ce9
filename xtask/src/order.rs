//! Functions in an order that compresses: those of one type beside each other, by what they begin with.
//! walrus writes them by size, so that those which look alike are out of each other's reach. Also leaves out
//! what only other tools read. Together a fortieth of what a visitor downloads.

use anyhow::{Result, anyhow, bail};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef,
};

/// The same module in another order.
pub(crate) fn compressible(module: &[u8]) -> Result<Vec<u8>> {
    let mut reordered = Module::new();
    let done = Order::of(module)?.parse_core_module(&mut reordered, Parser::new(0), module);
    done.map_err(|error| anyhow!("the functions of the module cannot be put in another order: {error}"))?;
    Ok(reordered.finish())
}

/// Functions by their place: in what order they are written, and as what number each is.
struct Order {
    written: Vec<usize>,
    numbers: Vec<u32>,
}

impl Order {
    fn of(module: &[u8]) -> Result<Self> {
        let (mut imported, mut types, mut bodies): (_, Vec<u32>, _) = (0, vec![], vec![]);
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(functions) => types = functions.into_iter().collect::<Result<_, _>>()?,
                Payload::CodeSectionEntry(body) => bodies.push(&module[body.range()]),
                _ => {}
            }
        }
        if types.len() != bodies.len() {
            bail!("the module names {} functions and has {}", types.len(), bodies.len());
        }
        let mut written: Vec<usize> = (0..bodies.len()).collect();
        written.sort_by_key(|place| (types[*place], bodies[*place]));
        let mut numbers: Vec<u32> = (0..).take(imported + written.len()).collect();
        for (number, place) in (0..).skip(imported).zip(&written) {
            numbers[imported + place] = number;
        }
        Ok(Self { written, numbers })
    }
}

type Outcome = Result<(), Error<anyhow::Error>>;

impl Reencode for Order {
    type Error = anyhow::Error;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<anyhow::Error>> {
        let number = self.numbers.get(function as usize).copied();
        number.ok_or_else(|| Error::UserError(anyhow!("it has no function {function}")))
    }

    fn parse_function_section(&mut self, to: &mut FunctionSection, from: FunctionSectionReader<'_>) -> Outcome {
        let types = from.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for place in &self.written {
            to.function(types[*place]);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, to: &mut CodeSection, from: CodeSectionReader<'_>) -> Outcome {
        let bodies = from.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        for place in self.written.clone() {
            self.parse_function_body(to, bodies[place].clone())?;
        }
        Ok(())
    }

    /// A list of wasm's features, for compilers.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Outcome {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use walrus::ir::{Instr, Value};
    use walrus::{ConstExpr, ElementItems, ElementKind, FunctionBuilder, FunctionId, FunctionKind, RefType, ValType};

    use super::*;

    /// A function that calls others, and gives a number if it is to.
    fn function(module: &mut walrus::Module, calls: &[FunctionId], number: Option<i32>) -> FunctionId {
        let results: &[ValType] = if number.is_some() { &[ValType::I32] } else { &[] };
        let mut builder = FunctionBuilder::new(&mut module.types, &[], results);
        for callee in calls {
            builder.func_body().call(*callee);
        }
        if let Some(number) = number {
            builder.func_body().i32_const(number);
        }
        builder.finish(vec![], &mut module.funcs)
    }

    /// What a function is: whom it calls, and its number.
    fn shape(module: &walrus::Module, function: FunctionId) -> String {
        match &module.funcs.get(function).kind {
            FunctionKind::Import(_) => "import".to_owned(),
            FunctionKind::Local(local) => {
                let instructions = local.block(local.entry_block()).instrs.iter();
                let parts = instructions.map(|(instruction, _)| match instruction {
                    Instr::Call(call) => format!("({})", shape(module, call.func)),
                    Instr::Const(constant) => match constant.value {
                        Value::I32(number) => number.to_string(),
                        _ => panic!("another constant"),
                    },
                    _ => panic!("another instruction"),
                });
                parts.collect()
            }
            FunctionKind::Uninitialized(_) => panic!("no function"),
        }
    }

    fn export(module: &walrus::Module, name: &str) -> String {
        shape(module, module.exports.get_func(name).unwrap())
    }

    #[test]
    fn everybody_calls_exports_and_lists_whom_they_did_before() {
        let mut module = walrus::Module::default();
        let kind = module.types.add(&[], &[]);
        let (import, _) = module.add_import_func("host", "wake", kind);
        let leaves: Vec<_> = [300, 1, 70_000].map(|number| function(&mut module, &[import], Some(number))).into();
        let quiet = function(&mut module, &[import, import], None);
        let root = function(&mut module, &[quiet, import], Some(5));
        for (name, exported) in [("root", root), ("quiet", quiet), ("leaf", leaves[1]), ("wake", import)] {
            module.exports.add(name, exported);
        }
        let table = module.tables.add_local(false, 4, Some(4), RefType::FUNCREF);
        let kind = ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(0)) };
        let listed = [leaves[2], quiet, leaves[0], import];
        let elements = module.elements.add(kind, ElementItems::Functions(listed.to_vec()));
        module.tables.get_mut(table).elem_segments.insert(elements);
        module.exports.add("table", table);

        let before = module.emit_wasm();
        let after = compressible(&before).unwrap();
        assert_ne!(before, after);

        let reread = walrus::Module::from_buffer(&after).unwrap();
        assert_eq!(export(&reread, "root"), "((import)(import))(import)5");
        assert_eq!(export(&reread, "quiet"), "(import)(import)");
        assert_eq!(export(&reread, "leaf"), "(import)1");
        assert_eq!(export(&reread, "wake"), "import");
        let listed: Vec<_> = reread
            .elements
            .iter()
            .flat_map(|elements| match &elements.items {
                ElementItems::Functions(functions) => functions.clone(),
                ElementItems::Expressions(..) => panic!("another list"),
            })
            .map(|function| shape(&reread, function))
            .collect();
        assert_eq!(listed, ["(import)70000", "(import)(import)", "(import)300", "import"]);
    }

    #[test]
    fn what_only_other_tools_read_is_left_out() {
        let mut module = walrus::Module::default();
        module.customs.add(walrus::RawCustomSection { name: "target_features".to_owned(), data: vec![1, 2, 3] });
        let after = compressible(&module.emit_wasm()).unwrap();
        assert_eq!(walrus::Module::from_buffer(&after).unwrap().customs.iter().count(), 0);
    }

    #[test]
    fn what_is_no_module_is_no_panic() {
        assert!(compressible(b"\0asm\x01\0\0\0\x03\x02\x01\0").is_err(), "a function without a body");
        assert!(compressible(b"no module").is_err());
    }
}
