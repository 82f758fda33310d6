import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { say } from './say.mjs'

const pollMs = 200

/**
 * Runs `work` while no other process of this checkout does the same. A lock whose owners are gone is taken over. `work`
 * gets a function that makes a child process an owner too: it may outlive this process.
 */
export async function withLock(root, name, work) {
  const file = path.join(root, '.cache', `${name}.lock`)
  mkdirSync(path.dirname(file), { recursive: true })
  await acquire(file)
  try {
    await work((child) => appendFileSync(file, ` ${child.pid}`))
  } finally {
    rmSync(file, { force: true })
  }
}

async function acquire(file) {
  let told = false
  while (!create(file)) {
    const owners = readOwners(file)
    if (owners === null) continue
    const alive = owners.split(' ').find((pid) => isAlive(Number(pid)))
    if (alive === undefined) {
      takeAway(file, owners)
      continue
    }
    if (!told)
      say(`waiting for process ${alive}, which is installing (if it is not, delete .cache/${path.basename(file)})`)
    told = true
    await pause(pollMs)
  }
}

function create(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

/** Renaming lets one of several waiters win. If meanwhile another has made a new lock, it gets that back. */
function takeAway(file, deadOwners) {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (readOwners(aside) === deadOwners) rmSync(aside, { force: true })
  else renameSync(aside, file)
}

function readOwners(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

function isAlive(pid) {
  // In a container every process may have the id that its predecessor had.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
