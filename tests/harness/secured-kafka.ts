import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findFreePort } from '../../scripts/services/free-port.ts'
import { startOwnKafka } from './own-kafka.ts'

/** A broker of a test's own that lets in whoever says who he is, by any mechanism that Parley knows. */
export interface SecuredKafka extends AsyncDisposable {
  readonly user: string
  readonly password: string
  /** Where connections are not encrypted. */
  readonly sasl: string
  /** Where they are. */
  readonly tls: string
  /** The certificate of whoever signed the broker's, in PEM. */
  readonly authority: string
  readonly authorityFile: string
}

const user = 'parley'
const password = 'password-of-the-test'
const run = promisify(execFile)

export async function startSecuredKafka(folder: string): Promise<SecuredKafka> {
  const keystore = join(folder, 'broker.p12')
  const authorityFile = join(folder, 'broker.pem')
  const store = ['-keystore', keystore, '-storetype', 'PKCS12', '-storepass', password, '-alias', 'broker']
  // The tool comes with Java, which a broker needs anyway.
  const names = ['-dname', 'CN=localhost', '-ext', 'san=dns:localhost']
  await run('keytool', ['-genkeypair', ...store, '-keyalg', 'EC', '-validity', '2', ...names])
  await run('keytool', ['-exportcert', ...store, '-rfc', '-file', authorityFile])
  const [saslPort, tlsPort] = [await findFreePort(), await findFreePort()]
  const kafka = await startOwnKafka(join(folder, 'broker'), {
    secured: { user, password, saslPort, tlsPort, keystore },
  })
  return {
    user,
    password,
    sasl: `127.0.0.1:${saslPort}`,
    tls: `localhost:${tlsPort}`,
    authority: await readFile(authorityFile, 'utf8'),
    authorityFile,
    [Symbol.asyncDispose]: () => kafka.kill(),
  }
}
