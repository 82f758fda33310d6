import { readdirSync } from 'node:fs'

// The arrows of the house. A rule reads: files under `from` must not import what is under `to`.

const services = '^services/([^/]+)'
const tests = '/test/'
const npm = '(?:^|/)node_modules/'
const contracts = '^services/[^/]+/contract\\.ts$'
const plainValues = ['^packages/kernel/', '^packages/chassis/values/']

/** Imports by package name that its `exports` refuse stay unresolved and keep their name. */
const serviceNames = readdirSync(new URL('services/', import.meta.url))
const otherServicesByName = `^@parley/(?:${serviceNames.join('|')})/(?!contract\\.ts$)`

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'services-meet-at-contracts',
      comment: 'Another service is known by its contract.ts only.',
      severity: 'error',
      from: { path: `${services}/` },
      to: { path: ['^services/', otherServicesByName], pathNot: ['^services/$1/', contracts] },
    },
    {
      name: 'domain-is-pure',
      comment:
        'domain imports its own domain, the kernel and the plain values of the chassis: no library, no node: module.',
      severity: 'error',
      from: { path: `${services}/domain/` },
      to: { pathNot: ['^services/$1/domain/', ...plainValues] },
    },
    {
      name: 'application-knows-ports-only',
      comment: 'application imports its own domain and ports, plain values and contracts: no library, no node: module.',
      severity: 'error',
      from: { path: `${services}/application/` },
      to: {
        pathNot: [
          '^services/$1/(?:domain|application)/',
          ...plainValues,
          contracts,
          '^packages/chassis/events/publisher\\.ts$',
          '^packages/chassis/contract/define-contract\\.ts$',
        ],
      },
    },
    {
      name: 'application-takes-chassis-types-only',
      comment: 'What a use case needs from the chassis at run time comes in as a port.',
      severity: 'error',
      from: { path: `${services}/application/` },
      to: { path: '^packages/chassis/(?:events|contract)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'interface-knows-no-adapter',
      comment: 'interface/ reaches stores and providers through use cases.',
      severity: 'error',
      from: { path: `${services}/interface/` },
      to: { path: '^services/[^/]+/infrastructure/' },
    },
    {
      name: 'adapters-know-no-interface',
      comment: 'infrastructure/ serves the use cases and does not know who calls them.',
      severity: 'error',
      from: { path: `${services}/infrastructure/` },
      to: { path: '^services/[^/]+/interface/' },
    },
    {
      name: 'composition-is-for-programs',
      comment: 'service.ts is imported by programs: its own main.ts, apps and tests.',
      severity: 'error',
      from: { pathNot: ['^services/[^/]+/main\\.ts$', '^apps/', '^tests/', tests] },
      to: { path: '^services/[^/]+/service\\.ts$' },
    },
    {
      name: 'programs-are-not-imported',
      comment: 'A main.ts runs when it is imported.',
      severity: 'error',
      from: { pathNot: [tests, '^tests/'] },
      to: { path: '^(?:services|apps)/[^/]+/main\\.ts$' },
    },
    {
      name: 'packages-know-no-service',
      comment:
        'Packages are what services stand on. Only the catalog lists the contracts; the command line is a program that looks at the whole system.',
      severity: 'error',
      from: { path: '^packages/', pathNot: ['^packages/(?:catalog|cli)/', tests] },
      to: { path: ['^(?:services|apps)/', otherServicesByName] },
    },
    {
      name: 'catalog-lists-contracts',
      comment: 'The catalog knows of services what services know of each other.',
      severity: 'error',
      from: { path: '^packages/catalog/', pathNot: tests },
      to: { path: ['^(?:services|apps)/', otherServicesByName], pathNot: contracts },
    },
    {
      name: 'kernel-is-a-model',
      comment: 'The kernel imports itself and typebox.',
      severity: 'error',
      from: { path: '^packages/kernel/', pathNot: tests },
      to: { pathNot: ['^packages/kernel/', `${npm}typebox/`] },
    },
    {
      name: 'values-stand-alone',
      comment: 'The plain values of the chassis import each other and nothing else.',
      severity: 'error',
      from: { path: '^packages/chassis/values/' },
      to: { pathNot: '^packages/chassis/values/' },
    },
    {
      name: 'product-needs-no-tool',
      comment: 'What runs in production is in `dependencies`, not in `devDependencies`.',
      severity: 'error',
      from: { path: '^(?:packages|services|apps)/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm'] },
    },
    {
      name: 'libraries-are-declared',
      comment: 'A workspace names every library that it needs at run time in its own package.json.',
      severity: 'error',
      from: { path: '^(?:packages|services|apps)/', pathNot: tests },
      to: { path: npm, dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'tests-are-not-product',
      comment: 'Product code imports neither tests nor scripts nor benchmarks.',
      severity: 'error',
      from: { path: '^(?:packages|services|apps)/', pathNot: tests },
      to: { path: [tests, '^(?:tests|scripts|bench)/'] },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that import each other are one file, or need a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'imports-resolve',
      comment: 'The file or the export does not exist, or its package does not offer it.',
      severity: 'error',
      // Client programs import what is installed on demand, load scenarios what k6 brings.
      from: { pathNot: ['^tests/clients/programs/', '^tests/load/scenarios/'] },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: true,
    doNotFollow: { path: npm },
    exclude: { path: '^tests/fixtures/planted/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json', '.node'],
    },
  },
}
