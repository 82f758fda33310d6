import type { Node } from '../yaml-text.ts'
import { hardened, networks } from './hardened.ts'

const images = {
  jaeger: 'docker.io/jaegertracing/jaeger:2.12.0',
  prometheus: 'docker.io/prom/prometheus:v3.7.3',
  grafana: 'docker.io/grafana/grafana:12.3.0',
  elasticsearch: 'docker.elastic.co/elasticsearch/elasticsearch:9.2.1',
  kibana: 'docker.elastic.co/kibana/kibana:9.2.1',
  logstash: 'docker.elastic.co/logstash/logstash:9.2.1',
  filebeat: 'docker.elastic.co/beats/filebeat:9.2.1',
}

const both = { [networks.system]: {}, [networks.outside]: {} }

function published(port: number): string[] {
  return [`127.0.0.1:${port}:${port}`]
}

/**
 * What reads the signals, each behind a profile: nothing of it runs unless it is asked for. Pages are published on this
 * machine only.
 */
export function observability(): Node {
  return { ...tracing(), ...metrics(), ...logStore(), ...logShippers() }
}

/** Traces arrive once OTEL_EXPORTER_OTLP_ENDPOINT is http://jaeger:4318. */
function tracing(): Node {
  return {
    jaeger: {
      image: images.jaeger,
      profiles: ['tracing'],
      ...hardened,
      environment: { JAEGER_LISTEN_HOST: '0.0.0.0' },
      ports: published(16_686),
      networks: both,
    },
  }
}

function metrics(): Node {
  return {
    prometheus: {
      image: images.prometheus,
      profiles: ['metrics'],
      ...hardened,
      volumes: ['../prometheus:/etc/prometheus:ro', 'prometheus:/prometheus'],
      ports: published(9_090),
      networks: both,
    },
    grafana: {
      image: images.grafana,
      profiles: ['metrics'],
      ...hardened,
      environment: {
        GF_SECURITY_ADMIN_PASSWORD__FILE: '/run/secrets/grafana-password',
        GF_ANALYTICS_REPORTING_ENABLED: 'false',
      },
      secrets: ['grafana-password'],
      volumes: [
        '../grafana/provisioning:/etc/grafana/provisioning:ro',
        '../grafana/dashboards:/var/lib/grafana/dashboards:ro',
        'grafana:/var/lib/grafana',
      ],
      ports: published(3_000),
      networks: both,
      depends_on: ['prometheus'],
    },
  }
}

/** Their programs write beside what they were installed with. */
const withLogs: Node = {
  profiles: ['logs'],
  cap_drop: hardened['cap_drop'],
  security_opt: hardened['security_opt'],
  restart: hardened['restart'],
}

function logStore(): Node {
  return {
    elasticsearch: {
      image: images.elasticsearch,
      ...withLogs,
      environment: {
        'discovery.type': 'single-node',
        // Only the network of the system reaches it.
        'xpack.security.enabled': 'false',
        ES_JAVA_OPTS: '-Xms512m -Xmx512m',
      },
      volumes: ['elasticsearch:/usr/share/elasticsearch/data'],
      networks: { [networks.system]: {} },
      healthcheck: {
        test: ['CMD-SHELL', 'curl -fsS "http://127.0.0.1:9200/_cluster/health?wait_for_status=yellow&timeout=2s"'],
        interval: '10s',
        timeout: '5s',
        start_period: '120s',
        retries: 10,
      },
    },
    kibana: {
      image: images.kibana,
      ...withLogs,
      environment: { ELASTICSEARCH_HOSTS: 'http://elasticsearch:9200', TELEMETRY_OPTIN: 'false' },
      ports: published(5_601),
      networks: both,
      depends_on: { elasticsearch: { condition: 'service_healthy' } },
    },
  }
}

/** Filebeat reads what the engine keeps of every container's output, Logstash makes documents of the lines. */
function logShippers(): Node {
  return {
    logstash: {
      image: images.logstash,
      ...withLogs,
      environment: { LS_JAVA_OPTS: '-Xms256m -Xmx256m' },
      volumes: [
        '../logs/logstash:/usr/share/logstash/pipeline:ro',
        '../logs/logstash.yml:/usr/share/logstash/config/logstash.yml:ro',
        'logstash:/usr/share/logstash/data',
      ],
      networks: { [networks.system]: {} },
      depends_on: { elasticsearch: { condition: 'service_healthy' } },
    },
    filebeat: {
      image: images.filebeat,
      ...withLogs,
      // The engine's own files belong to root.
      user: 'root',
      cap_add: ['DAC_READ_SEARCH'],
      command: ['filebeat', '-e', '--strict.perms=false'],
      volumes: [
        '../logs/filebeat.yml:/usr/share/filebeat/filebeat.yml:ro',
        '/var/lib/docker/containers:/var/lib/docker/containers:ro',
        'filebeat:/usr/share/filebeat/data',
      ],
      networks: { [networks.system]: {} },
      depends_on: {
        logstash: { condition: 'service_started' },
        'logs-setup': { condition: 'service_completed_successfully' },
      },
    },
    'logs-setup': {
      // Any image with curl and a shell would do.
      image: images.elasticsearch,
      profiles: ['logs'],
      ...hardened,
      restart: 'no',
      entrypoint: ['sh', '/logs/setup.sh'],
      volumes: ['../logs:/logs:ro'],
      networks: { [networks.system]: {} },
      depends_on: {
        elasticsearch: { condition: 'service_healthy' },
        kibana: { condition: 'service_started' },
      },
    },
  }
}

export const observabilityVolumes: readonly string[] = [
  'prometheus',
  'grafana',
  'elasticsearch',
  'logstash',
  'filebeat',
]
