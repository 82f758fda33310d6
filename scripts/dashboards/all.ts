import type { Dashboard } from './dashboard.ts'
import { events } from './events.ts'
import { extraction } from './extraction.ts'
import { modelsAndCost } from './models-and-cost.ts'
import { oneService } from './one-service.ts'
import { overview } from './overview.ts'
import { renderDashboard } from './render.ts'

export const dashboards: readonly Dashboard[] = [overview, oneService, modelsAndCost, events, extraction]

/** The files below `deploy/grafana/dashboards`, by name. */
export function dashboardFiles(): Map<string, string> {
  return new Map(dashboards.map((dashboard) => [`${dashboard.uid}.json`, renderDashboard(dashboard)]))
}
