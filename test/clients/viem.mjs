// viem, as its users have it, against a devnet: transfers, a contract, a deposit by the op-stack actions, and all of it
// on the verifier. Usage: node viem.mjs PATH_OF_CAIRN
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { createPublicClient, createWalletClient, defineChain, http, isAddressEqual, parseEther, webSocket } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { chainConfig, getL2TransactionHashes, publicActionsL1, publicActionsL2, walletActionsL1 } from 'viem/op-stack'

const cairn = spawn(process.argv[2], ['devnet', '--json', '--ports', 'auto', '--l1.block-time', '1', '--l2.block-time', '1', '--batcher.max-wait', '2'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const exited = once(cairn, 'exit')
const table = createInterface({ input: cairn.stdout })
const [line] = await Promise.race([once(table, 'line'), exited.then(([code]) => { throw new Error(`cairn ended with code ${code}`) })])
const devnet = JSON.parse(line)

const ether = { name: 'Ether', symbol: 'ETH', decimals: 18 }
const l1 = defineChain({
  id: devnet.l1.chainId, name: 'L1', nativeCurrency: ether, rpcUrls: { default: { http: [devnet.l1.rpc] } },
  contracts: { multicall3: { address: devnet.contracts.Multicall3 } },
})
const l2 = defineChain({
  ...chainConfig, id: devnet.l2ChainId, name: 'L2', nativeCurrency: ether, sourceId: l1.id,
  rpcUrls: { default: { http: [devnet.sequencer.rpc] } },
  contracts: { ...chainConfig.contracts, portal: { [l1.id]: { address: devnet.contracts.OptimismPortal } } },
})
const pollingInterval = 200
const account = privateKeyToAccount(devnet.accounts[0].privateKey)
const other = devnet.accounts[1].address
const onL1 = createPublicClient({ chain: l1, transport: http(), pollingInterval }).extend(publicActionsL1())
const onL2 = createPublicClient({ chain: l2, transport: http(), pollingInterval }).extend(publicActionsL2())
const onVerifier = createPublicClient({ chain: l2, transport: webSocket(devnet.verifiers[0].ws), pollingInterval })
const walletL1 = createWalletClient({ account, chain: l1, transport: http() }).extend(walletActionsL1())
const walletL2 = createWalletClient({ account, chain: l2, transport: http() })

// A contract that returns 42 to every call.
const answer = '0x602a60005260206000f3'
const creation = `0x69${answer.slice(2)}600052600a6016f3`

async function passed(name, check) {
  const began = Date.now()
  await check()
  console.log(`ok  ${name}  (${((Date.now() - began) / 1000).toFixed(1)} s)`)
}

try {
  assert.ok(isAddressEqual(account.address, devnet.accounts[0].address), 'address and key of an account belong together')
  const hashes = []

  await passed('transfers', async () => {
    const before = await onL2.getBalance({ address: other })
    for (let i = 0; i < 3; i++) {
      hashes.push(await walletL2.sendTransaction({ to: other, value: parseEther('0.5') }))
    }
    for (const hash of hashes) {
      assert.equal((await onL2.waitForTransactionReceipt({ hash })).status, 'success')
    }
    assert.equal(await onL2.getBalance({ address: other }), before + parseEther('1.5'))
  })

  await passed('L1 fee estimate', async () => {
    assert.ok(await onL2.estimateL1Fee({ account, to: other, value: 1n }) > 0n)
  })

  let deployed
  await passed('deploy a contract', async () => {
    const hash = await walletL2.deployContract({ abi: [], bytecode: creation })
    const receipt = await onL2.waitForTransactionReceipt({ hash })
    assert.equal(receipt.status, 'success')
    deployed = receipt.contractAddress
    assert.equal(await onL2.getCode({ address: deployed }), answer)
    hashes.push(hash)
  })

  await passed('deposit by op-stack actions', async () => {
    const before = await onL2.getBalance({ address: other })
    const request = await onL2.buildDepositTransaction({ account, mint: parseEther('2'), to: other })
    const receipt = await onL1.waitForTransactionReceipt({ hash: await walletL1.depositTransaction(request) })
    assert.equal(receipt.status, 'success')
    const [hash] = getL2TransactionHashes(receipt)
    const onL2Receipt = await onL2.waitForTransactionReceipt({ hash, timeout: 60_000 })
    assert.equal(onL2Receipt.status, 'success')
    assert.equal((await onL2.getTransaction({ hash })).typeHex, '0x7e')
    assert.equal(await onL2.getBalance({ address: other }), before + parseEther('2'))
    hashes.push(hash)
  })

  await passed('everything on the verifier, in the same blocks', async () => {
    for (const hash of hashes) {
      const there = await onVerifier.waitForTransactionReceipt({ hash, timeout: 60_000 })
      const here = await onL2.getTransactionReceipt({ hash })
      assert.equal(there.blockHash, here.blockHash)
    }
    const { data } = await onVerifier.call({ to: deployed })
    assert.equal(BigInt(data), 42n)
  })
} finally {
  cairn.kill('SIGINT')
}
const [code] = await exited
assert.equal(code, 0, 'cairn ends with code 0 when interrupted')
process.exit(0)
