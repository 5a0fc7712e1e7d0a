#!/bin/sh
# Creates the namespace TEMPORAL_NAMESPACE of the server TEMPORAL_ADDRESS with its SEARCH_ATTRIBUTES (Name=Type …), and
# sets its RETENTION; a second run changes nothing.
set -eu

# The server's port opens before all behind it is ready, and its caches need seconds to know a new namespace.
insist() {
  attempt=1
  until "$@"; do
    [ "$attempt" -lt 30 ] || return 1
    attempt=$((attempt + 1))
    sleep 2
  done
}

create_namespace() {
  temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
}

insist temporal operator cluster health
insist create_namespace
insist temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
for attribute in $SEARCH_ATTRIBUTES; do
  insist temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
    --name "${attribute%=*}" --type "${attribute#*=}"
done
