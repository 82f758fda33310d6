#!/bin/sh
# Puts lifecycle, template and dashboards where they belong. Repeating it changes nothing that is there already.
set -eu
cd "$(dirname "$0")"
elasticsearch="${ELASTICSEARCH_URL:-http://elasticsearch:9200}"
kibana="${KIBANA_URL:-http://kibana:5601}"
auth="${ELASTICSEARCH_USER:+-u ${ELASTICSEARCH_USER}:${ELASTICSEARCH_PASSWORD:-}}"

until curl -sf $auth "$elasticsearch/_cluster/health?wait_for_status=yellow&timeout=5s" >/dev/null; do sleep 2; done
curl -sf $auth -X PUT "$elasticsearch/_ilm/policy/parley-logs" \
  -H 'content-type: application/json' --data-binary @elasticsearch/ilm-policy.json
curl -sf $auth -X PUT "$elasticsearch/_index_template/parley-logs" \
  -H 'content-type: application/json' --data-binary @elasticsearch/index-template.json

until curl -sf $auth "$kibana/api/status" >/dev/null; do sleep 2; done
curl -sf $auth -X POST "$kibana/api/saved_objects/_import?overwrite=true" \
  -H 'kbn-xsrf: parley' -F file=@kibana/parley.ndjson
echo
