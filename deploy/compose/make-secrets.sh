#!/bin/sh
# Writes the secrets of an installation into ./secrets (or another folder). What is there already stays, so it may run again.
#
# Compose mounts these files with the rights that they have here, and a service is another user than you: the files are readable by all,
# the folder is closed instead.
set -eu
umask 077
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"

random() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }
keep() {
  [ -s "$folder/$1" ] || printf '%s\n' "$2" >"$folder/$1"
  chmod 444 "$folder/$1"
}
kept() { cat "$folder/$1"; }

keep secret_key "$(random 32)"
keep postgres_password "$(random 24)"
keep redis_password "$(random 24)"
keep qdrant_api_key "$(random 24)"
keep s3_access_key_id "perennial-$(random 6)"
keep s3_secret_access_key "$(random 24)"
keep grafana_password "$(random 12)"
keep database_url "postgres://perennial:$(kept postgres_password)@postgres:5432/perennial"
keep redis_url "redis://:$(kept redis_password)@redis:6379"
keep s3_config "{\"identities\":[{\"name\":\"perennial\",\"credentials\":[{\"accessKey\":\"$(kept s3_access_key_id)\",\"secretKey\":\"$(kept s3_secret_access_key)\"}],\"actions\":[\"Admin\",\"Read\",\"Write\",\"List\",\"Tagging\"]}]}"

# For HAProxy: replace it with the chain and the key of your own certificate.
if [ ! -s "$folder/certificate" ]; then
  if command -v openssl >/dev/null; then
    key=$(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256)
    printf '%s\n' "$key" | openssl req -x509 -new -key /dev/stdin -days 365 -subj /CN=localhost \
      -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' >"$folder/certificate"
    printf '%s\n' "$key" >>"$folder/certificate"
    chmod 444 "$folder/certificate"
  else
    echo "openssl is not installed: put a certificate with its key into $folder/certificate before you start compose.scaled.yaml" >&2
  fi
fi
