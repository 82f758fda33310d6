export interface SecuredListeners {
  readonly user: string
  readonly password: string
  /** With SASL alone. */
  readonly saslPort: number
  /** With SASL and TLS; clients have to call it `localhost`. */
  readonly tlsPort: number
  /** PKCS #12, opened by `password`. */
  readonly keystore: string
}

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** To be added to, or put in the place of, what a broker without them has. */
export function securedLines(
  { user, password, saslPort, tlsPort, keystore }: SecuredListeners,
  plain: Readonly<Record<'listeners' | 'advertised.listeners' | 'listener.security.protocol.map', string>>,
): Record<string, string> {
  const login = (mechanism: (typeof mechanisms)[number]) =>
    mechanism === 'PLAIN'
      ? `org.apache.kafka.common.security.plain.PlainLoginModule required user_${user}="${password}";`
      : 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const logins = ['sasl_plaintext', 'sasl_ssl'].flatMap((listener) =>
    mechanisms.map((mechanism) => [
      `listener.name.${listener}.${mechanism.toLowerCase()}.sasl.jaas.config`,
      login(mechanism),
    ]),
  )
  return {
    listeners: `${plain.listeners},SASL_PLAINTEXT://127.0.0.1:${saslPort},SASL_SSL://127.0.0.1:${tlsPort}`,
    'advertised.listeners': `${plain['advertised.listeners']},SASL_PLAINTEXT://127.0.0.1:${saslPort},SASL_SSL://localhost:${tlsPort}`,
    'listener.security.protocol.map': `${plain['listener.security.protocol.map']},SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL`,
    'sasl.enabled.mechanisms': mechanisms.join(),
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keystore,
    'ssl.keystore.password': password,
    'ssl.key.password': password,
    ...Object.fromEntries(logins),
  }
}

/** What formatting a broker's storage needs to know of users; those of PLAIN are in its properties. */
export function usersOf(secured: SecuredListeners | undefined): string[] {
  if (secured === undefined) return []
  const { user, password } = secured
  const scram = mechanisms.filter((mechanism) => mechanism !== 'PLAIN')
  return scram.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${user},password=${password}]`])
}
