import type { Node } from '../yaml-text.ts'
import { hardened, networks } from './hardened.ts'

export const postgresImage = 'docker.io/library/postgres:18.4'
export const kafkaImage = 'docker.io/apache/kafka:4.1.2'
export const databaseName = 'parley'
export const administratorSecret = 'postgres-password'
export const kafkaBrokers = 'kafka:9092'

/** One server; each service has a role and a schema of its own, made when the volume is new. */
export function postgres(urlSecrets: readonly string[]): Node {
  return {
    image: postgresImage,
    ...hardened,
    // An init of the administrator's could not pass a signal on to the server's own user, and the server needs none.
    init: false,
    // The first start gives the folder to the server's user and becomes that user.
    cap_add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'],
    tmpfs: ['/tmp', '/run/postgresql'],
    environment: { POSTGRES_DB: databaseName, POSTGRES_PASSWORD_FILE: `/run/secrets/${administratorSecret}` },
    command: ['postgres', '-c', 'max_connections=200'],
    secrets: [administratorSecret, ...urlSecrets],
    volumes: ['postgres:/var/lib/postgresql', './make-roles.sh:/docker-entrypoint-initdb.d/make-roles.sh:ro'],
    networks: { [networks.system]: {} },
    // Over TCP: while the first start makes roles, the server listens on its socket alone.
    healthcheck: {
      test: ['CMD', 'pg_isready', '--host=127.0.0.1', '--username=postgres', `--dbname=${databaseName}`],
      interval: '2s',
      timeout: '5s',
      start_period: '60s',
      retries: 15,
    },
    stop_grace_period: '60s',
  }
}

export const kafkaVolumes: readonly string[] = ['kafka', 'kafka-config', 'kafka-logs']

/** A cluster of one, for one machine. */
export function kafka(): Node {
  return {
    image: kafkaImage,
    ...hardened,
    environment: {
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@127.0.0.1:9093',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${kafkaBrokers}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_LOG_DIRS: '/var/lib/kafka/data',
      KAFKA_HEAP_OPTS: '-Xms256m -Xmx512m',
    },
    // Its start script writes what it makes of these variables into a folder of the image's own user, anew each time.
    volumes: ['kafka:/var/lib/kafka/data', 'kafka-config:/opt/kafka/config', 'kafka-logs:/opt/kafka/logs'],
    networks: { [networks.system]: {} },
    // The broker opens its port when it is ready. Asking it by its own program would start a JVM each time.
    healthcheck: {
      test: ['CMD', 'bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/9092'],
      interval: '5s',
      timeout: '10s',
      start_period: '60s',
      retries: 10,
    },
    stop_grace_period: '60s',
  }
}

/** The role that a service logs in as. */
export function databaseRole(service: string): string {
  return `${service.replaceAll('-', '_')}_service`
}

/** Runs once, when the volume of the database is new: a role that may log in, and its schema, for each service. */
export function makeRolesScript(secrets: readonly { service: string; name: string }[]): string {
  const calls = secrets.map(({ service, name }) => `  make_role ${databaseRole(service)} ${service} ${name}`).join('\n')
  return `# In a shell of its own: the server's start script may read this file into itself.
(
  set -eu

  # The password is the one in the service's database URL.
  make_role() {
    url=$(cat "/run/secrets/$3")
    password=\${url#*://*:}
    password=\${password%%@*}
    psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=${databaseName} \\
      --set=role="$1" --set=schema="$2" --set=password="$password" <<'SQL'
create role :"role" login password :'password';
create schema :"schema" authorization :"role";
SQL
  }

${calls}
)
`
}
