// Compiles src/*.sol to artifacts/contracts.json. The output depends on the sources, this file and the pinned compiler
// only, so two machines write the same bytes.
//
//   node build.mjs          write the artifact
//   node build.mjs --check  exit 1 if the committed artifact is not what the sources give
import fs from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const solc = require('solc')
const here = (path) => new URL(path, import.meta.url)

const pinned = require('./package.json').devDependencies.solc
const version = solc.version().match(/^\d+\.\d+\.\d+\+commit\.[0-9a-f]+/)?.[0]
if (!version?.startsWith(`${pinned}+`)) {
  throw new Error(`solc is ${solc.version()}, package.json pins ${pinned}: run npm ci`)
}

// No metadata in the bytecode: it would hash comments and paths.
const settings = {
  evmVersion: 'cancun',
  viaIR: false,
  optimizer: { enabled: true, runs: 200 },
  metadata: { bytecodeHash: 'none', appendCBOR: false },
}

const files = fs.readdirSync(here('src')).filter((name) => name.endsWith('.sol')).sort()
const input = {
  language: 'Solidity',
  sources: Object.fromEntries(files.map((name) => [`src/${name}`, { content: fs.readFileSync(here(`src/${name}`), 'utf8') }])),
  settings: { ...settings, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } } },
}

const output = JSON.parse(solc.compile(JSON.stringify(input)))
for (const message of output.errors ?? []) console.error(message.formattedMessage)
if (output.errors?.length) throw new Error('the compiler complains; warnings count')

const contracts = {}
for (const source of Object.keys(output.contracts).sort()) {
  for (const name of Object.keys(output.contracts[source]).sort()) {
    const { abi, evm } = output.contracts[source][name]
    contracts[name] = { source, abi, creation: `0x${evm.bytecode.object}`, runtime: `0x${evm.deployedBytecode.object}` }
  }
}

const artifact = here('artifacts/contracts.json')
const built = JSON.stringify({ compiler: `solc ${version}`, settings, contracts }, null, 2) + '\n'
if (process.argv.includes('--check')) {
  const committed = fs.existsSync(artifact) ? fs.readFileSync(artifact, 'utf8') : ''
  if (committed !== built) {
    console.error('artifacts/contracts.json is not what src gives: run node build.mjs and commit the result')
    process.exit(1)
  }
} else {
  fs.mkdirSync(here('artifacts'), { recursive: true })
  fs.writeFileSync(artifact, built)
}
for (const [name, { creation, runtime }] of Object.entries(contracts)) {
  console.log(`${name}: ${creation.length / 2 - 1} bytes to create, ${runtime.length / 2 - 1} at run time`)
}
