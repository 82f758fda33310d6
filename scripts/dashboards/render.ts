import type { Dashboard, Panel, Variable } from './dashboard.ts'

const schemaVersion = 41
const columns = 24
const heights = { timeseries: 8, stat: 4, table: 6 }
const datasource = { type: 'prometheus', uid: '$datasource' }

/** Grafana's JSON of a dashboard, as its file provisioning reads it. */
export function renderDashboard({ uid, title, description, variables, rows }: Dashboard): string {
  const panels: object[] = []
  let id = 0
  let y = 0
  for (const row of rows) {
    panels.push({
      id: ++id,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: columns, h: 1 },
    })
    y += 1
    let x = 0
    let height = 0
    for (const panel of row.panels) {
      if (x + panel.width > columns) {
        y += height
        ;[x, height] = [0, 0]
      }
      const gridPos = { x, y, w: panel.width, h: heights[panel.kind] }
      panels.push({ id: ++id, ...renderPanel(panel), gridPos })
      x += panel.width
      height = Math.max(height, gridPos.h)
    }
    y += height
  }
  const dashboard = {
    ...{ uid, title, description, schemaVersion, tags: ['parley'], editable: true, graphTooltip: 1 },
    ...{ refresh: '15s', time: { from: 'now-1h', to: 'now' }, timezone: 'browser' },
    templating: { list: [datasourceVariable, ...variables.map(renderVariable)] },
    links: [
      { type: 'dashboards', title: 'Parley', tags: ['parley'], asDropdown: true, keepTime: true, includeVars: true },
    ],
    panels,
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

const datasourceVariable = { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', hide: 0 }

function renderVariable({ name, label, values }: Variable): object {
  const query = `label_values(${values.metric}, ${values.label})`
  return { name, label, type: 'query', datasource, query: { query, refId: name }, refresh: 2, sort: 1 }
}

function renderPanel({ title, description, kind, unit, queries }: Panel): object {
  const targets = queries.map(({ expr, legend }, index) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    datasource,
    expr,
    legendFormat: legend,
    ...(kind === 'timeseries' ? { range: true } : { instant: true }),
    ...(kind === 'table' && { format: 'table' }),
  }))
  return { type: kind, title, description, datasource, targets, ...settingsOf(kind, unit) }
}

function settingsOf(kind: Panel['kind'], unit: Panel['unit']): object {
  const fieldConfig = { defaults: { unit, ...(kind === 'timeseries' && { min: 0 }) }, overrides: [] }
  if (kind === 'table') return { fieldConfig, options: { showHeader: true } }
  if (kind === 'stat')
    return { fieldConfig, options: { colorMode: 'none', graphMode: 'area', reduceOptions: { calcs: ['lastNotNull'] } } }
  const legend = { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] }
  return { fieldConfig, options: { legend, tooltip: { mode: 'multi', sort: 'desc' } } }
}
