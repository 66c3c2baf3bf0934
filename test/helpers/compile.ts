// TypeScript compiled as somebody would who got it from Kedge: strictly, with nothing of Kedge's own around it.
import { join } from 'node:path'
import ts from 'typescript'
import { projectFolder } from '../../scripts/source-files.ts'

/** Whatever strictness there is. */
const strictest: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitReturns: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  erasableSyntaxOnly: true,
  rewriteRelativeImportExtensions: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  typeRoots: [join(projectFolder, 'node_modules', '@types')],
  skipLibCheck: true
}

const places = {
  node: { lib: ['lib.es2023.d.ts'], types: ['node'] },
  browser: { lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: [] }
} satisfies Record<string, ts.CompilerOptions>

/** What the compiler says of files that are there, a line each; their JavaScript goes into `outDir`. */
export function compile(files: readonly string[], place: keyof typeof places, outDir?: string): string[] {
  const output = outDir === undefined ? { noEmit: true } : { outDir }
  const program = ts.createProgram(files, { ...strictest, ...places[place], ...output })
  const diagnostics = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics]
  return diagnostics.map(({ file, start = 0, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
    return `${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}
