import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { withLock } from './lock.mjs'
import { runNpm } from './npm.mjs'
import { say } from './say.mjs'

/** Makes `node_modules` match `package-lock.json`; one installation at a time, however many programs start. */
export async function ensureDependencies(root) {
  if (isInstalled(root)) return
  await withLock(root, 'dependencies', async (shareLock) => {
    if (isInstalled(root)) return
    say('installing the dependencies (npm ci); this happens once')
    await runNpm(['ci'], { root, cwd: root, purpose: 'install the dependencies', onStart: shareLock })
    writeStamp(root)
  })
}

/** The stamp is the hash of the lock file that was installed. Without one, an installation made by hand is compared. */
function isInstalled(root) {
  if (!existsSync(installedLockPath(root))) return false
  if (existsSync(stampPath(root)) && readFileSync(stampPath(root), 'utf8') === lockHash(root)) return true
  if (!installedTreeMatches(root)) return false
  writeStamp(root)
  return true
}

function installedTreeMatches(root) {
  const wanted = readPackages(path.join(root, 'package-lock.json'))
  const installed = readPackages(installedLockPath(root))
  return Object.entries(wanted).every(([location, entry]) => {
    if (location === '') return true
    const present = installed[location]
    if (present === undefined) return mayBeAbsent(entry)
    return present.version === entry.version && present.integrity === entry.integrity && sameNeeds(present, entry)
  })
}

function mayBeAbsent({ optional, devOptional, dev }) {
  return optional === true || devOptional === true || (dev === true && process.env.NODE_ENV === 'production')
}

function sameNeeds(one, other) {
  return JSON.stringify(one.dependencies ?? {}) === JSON.stringify(other.dependencies ?? {})
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
}

function writeStamp(root) {
  writeFileSync(stampPath(root), lockHash(root))
}

function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex')
}

const installedLockPath = (root) => path.join(root, 'node_modules', '.package-lock.json')
const stampPath = (root) => path.join(root, 'node_modules', '.parley-install')
