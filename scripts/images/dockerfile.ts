import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ImageProgram } from './programs.ts'

/** The name that the images are built upon, with the version of Node that package.json pins. */
export function baseImage(root: string): string {
  const { parley } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { parley: { node: string } }
  return `docker.io/library/node:${parley.node}-bookworm-slim`
}

/** The user that the programs run as; also the group. */
export const imageUser = 10_001
/** Where the programs keep data, when they keep any in files. */
export const dataFolder = '/var/lib/parley'

/** The Dockerfile of a program; all have one shape. It is built in the root of the repository. */
export function dockerfileOf(program: ImageProgram, base: string): string {
  return `${[...head(program, base), ...dependencyStage(program), ...programStage(program)].join('\n')}\n`
}

function head({ folder }: ImageProgram, base: string): string[] {
  return [
    '# syntax=docker/dockerfile:1',
    `# Written by \`npm run images -- write\` from what ${folder} depends on; \`npm run check\` compares.`,
    '',
    '# A tag can be moved. Where images are published, the digest is given with it: --build-arg NODE_IMAGE=…@sha256:…',
    `ARG NODE_IMAGE=${base}`,
    '',
  ]
}

function dependencyStage({ roots, closure }: ImageProgram): string[] {
  const { whole, contractOnly } = closure
  const unused = contractOnly.map(({ name }) => name)
  const manifests = [...whole, ...contractOnly].map(({ folder }) => folder).sort()
  return [
    'FROM $NODE_IMAGE AS dependencies',
    'WORKDIR /parley',
    'COPY package.json package-lock.json .npmrc ./',
    ...manifests.map((folder) => `COPY ${folder}/package.json ${folder}/`),
    '# What is for development is not asked for, nor what other services need of which only the contract comes along.',
    'RUN npm pkg delete devDependencies --workspaces --include-workspace-root',
    ...(unused.length === 0 ? [] : [`RUN npm pkg delete dependencies${flags(unused)}`]),
    '# A registry and a certificate authority of your own come in as secrets and leave no trace.',
    'RUN --mount=type=secret,id=npmrc,target=/run/secrets/npmrc --mount=type=secret,id=ca,target=/run/secrets/ca.crt \\',
    '    export NPM_CONFIG_USERCONFIG=/run/secrets/npmrc; \\',
    '    if [ -s /run/secrets/ca.crt ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca.crt; fi; \\',
    `    npm ci --omit=dev --ignore-scripts --no-audit${flags(roots)} \\`,
    "    && find . -type f '(' -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' ')' -delete",
    `RUN npm sbom --omit=dev --sbom-format=cyclonedx${flags(roots)} > sbom.json`,
    '',
  ]
}

function flags(names: readonly string[]): string {
  return names.map((name) => ` --workspace ${name}`).join('')
}

function programStage(program: ImageProgram): string[] {
  const { name, description, folder, closure, contractPaths, ports, keepsData } = program
  const service = folder.startsWith('services/') ? 'service.ts' : 'services.ts'
  const modules = [`./${folder}/${service}`, '@parley/catalog/contracts.ts', '@parley/chassis/runtime/run-main.ts']
  const preload = `${modules.map((module) => `await import('${module}')`).join('; ')}; process.exit()`
  return [
    'FROM $NODE_IMAGE',
    '# Nothing is installed in a running container.',
    'RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn* \\',
    `    && mkdir -p ${dataFolder} /var/cache/parley \\`,
    `    && chown ${imageUser}:${imageUser} ${dataFolder} /var/cache/parley`,
    'WORKDIR /parley',
    '# The workspaces stay links: Node does not run TypeScript that lies in node_modules.',
    'COPY --from=dependencies /parley/ ./',
    ...closure.whole.map((workspace) => `COPY ${workspace.folder} ${workspace.folder}`),
    ...contractPaths.map((file) => `COPY ${file} ${file}`),
    'ENV NODE_ENV=production NODE_COMPILE_CACHE=/var/cache/parley LOG_FORMAT=json \\',
    `    HOST=0.0.0.0 PORT=${ports.PORT} INTERNAL_PORT=${ports.INTERNAL_PORT} PARLEY_DATA=${dataFolder}`,
    `USER ${imageUser}:${imageUser}`,
    '# What Node compiles here it need not compile at each start.',
    `RUN ["node", "--input-type=module", "--eval", "${preload}"]`,
    ...(keepsData ? [`VOLUME ${dataFolder}`] : []),
    `EXPOSE ${[...new Set(Object.values(ports))].join(' ')}`,
    'HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "packages/chassis/runtime/health-check.ts"]',
    'STOPSIGNAL SIGTERM',
    'ENTRYPOINT ["node"]',
    `CMD ["${folder}/main.ts"]`,
    'ARG VERSION=0.0.0',
    'ARG REVISION=unknown',
    `LABEL org.opencontainers.image.title="parley/${name}" \\`,
    `      org.opencontainers.image.description="${description}" \\`,
    '      org.opencontainers.image.licenses="Apache-2.0" \\',
    '      org.opencontainers.image.version="$VERSION" \\',
    '      org.opencontainers.image.revision="$REVISION"',
  ]
}
