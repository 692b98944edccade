{{/* The keys of the Secret that a service reads: required ones, and those that it uses where they exist. */}}
{{- define "perennial.secretKeys" -}}
{{- $second := list "SECRET_KEY_SECOND" -}}
{{- $blob := list "S3_ACCESS_KEY_ID" "S3_SECRET_ACCESS_KEY" "GOOGLE_APPLICATION_CREDENTIALS_JSON" "AZURE_STORAGE_KEY" "BLOB_ENCRYPTION_KEYS" -}}
{{- $shared := list "REDIS_URL" "SECRET_KEY" -}}
{{- $redis := list "REDIS_SENTINEL_PASSWORD" -}}
{{- $stateful := concat $shared (list "DATABASE_URL") -}}
{{- $database := list "DATABASE_DIRECT_URL" "DATABASE_REPLICA_URLS" -}}
gateway: {{ dict "required" $shared "optional" (concat $second $redis $blob) | toJson }}
auth: {{ dict "required" $stateful "optional" (concat $second $redis $database (list "WEBUI_ADMIN_EMAIL" "WEBUI_ADMIN_PASSWORD")) | toJson }}
chat: {{ dict "required" $stateful "optional" (concat $second $redis $database $blob) | toJson }}
retrieval: {{ dict "required" $stateful "optional" (concat $second $redis $database $blob (list "QDRANT_API_KEY" "PGVECTOR_DB_URL" "VECTOR_STORES" "CHROMA_CLIENT_AUTH_CREDENTIALS" "CHROMA_HTTP_HEADERS" "MILVUS_TOKEN" "OPENSEARCH_USERNAME" "OPENSEARCH_PASSWORD" "OPENSEARCH_HTTP_HEADERS" "KEYWORDS_DB_URL" "RAG_OPENAI_API_KEY" "RAG_OLLAMA_API_KEY")) | toJson }}
config: {{ dict "required" $stateful "optional" (concat $second $redis $database (list "OPENAI_API_KEYS")) | toJson }}
migrate: {{ dict "required" (list "DATABASE_URL") "optional" (list "DATABASE_DIRECT_URL") | toJson }}
backup: {{ dict "required" (list "DATABASE_URL" "SECRET_KEY") "optional" (concat $second (list "DATABASE_DIRECT_URL") $blob) | toJson }}
{{- end -}}

{{/* Variables from the Secret, as a list. Of: root, reader (a service, "migrate" or "backup"). */}}
{{- define "perennial.secretEnv" -}}
{{- $keys := index (include "perennial.secretKeys" .root | fromYaml) .reader -}}
{{- $name := .root.Values.secret.name -}}
{{- range $keys.required }}
- name: {{ . }}
  valueFrom: { secretKeyRef: { name: {{ $name }}, key: {{ . }} } }
{{- end }}
{{- range $keys.optional }}
- name: {{ . }}
  valueFrom: { secretKeyRef: { name: {{ $name }}, key: {{ . }}, optional: true } }
{{- end }}
{{- end -}}

{{/* Where files and vectors are, for a service. Of: root, service. */}}
{{- define "perennial.storeEnv" -}}
{{- $blob := .root.Values.blobStore -}}
{{- $vectors := .root.Values.vectorStore -}}
{{- if has .service (list "gateway" "chat" "retrieval") }}
STORAGE_PROVIDER: {{ $blob.type }}
{{- if eq $blob.type "s3" }}
S3_BUCKET_NAME: {{ $blob.s3.bucket | quote }}
S3_ENDPOINT_URL: {{ $blob.s3.endpoint | quote }}
S3_REGION_NAME: {{ $blob.s3.region | quote }}
S3_KEY_PREFIX: {{ $blob.s3.keyPrefix | quote }}
S3_ADDRESSING_STYLE: {{ $blob.s3.addressingStyle | quote }}
{{- else if eq $blob.type "gcs" }}
GCS_BUCKET_NAME: {{ $blob.gcs.bucket | quote }}
{{- else if eq $blob.type "azure" }}
AZURE_STORAGE_ENDPOINT: {{ $blob.azure.endpoint | quote }}
AZURE_STORAGE_CONTAINER_NAME: {{ $blob.azure.container | quote }}
{{- end }}
{{- end }}
{{- if include "perennial.usesDataVolume" . }}
DATA_DIR: /var/lib/perennial
{{- end }}
{{- if eq .service "retrieval" }}
VECTOR_DB: {{ $vectors.type }}
{{- if eq $vectors.type "qdrant" }}
QDRANT_URI: {{ $vectors.qdrant.uri | quote }}
QDRANT_COLLECTION_PREFIX: {{ $vectors.qdrant.collectionPrefix | quote }}
QDRANT_ON_DISK: {{ $vectors.qdrant.onDisk | quote }}
{{- with $vectors.qdrant.shards }}
QDRANT_SHARD_NUMBER: {{ . | quote }}
{{- end }}
{{- with $vectors.qdrant.replicationFactor }}
QDRANT_REPLICATION_FACTOR: {{ . | quote }}
{{- end }}
{{- with $vectors.qdrant.writeConsistencyFactor }}
QDRANT_WRITE_CONSISTENCY_FACTOR: {{ . | quote }}
{{- end }}
{{- end }}
{{- if eq $vectors.type "chroma" }}
CHROMA_HTTP_HOST: {{ $vectors.chroma.host | quote }}
CHROMA_HTTP_PORT: {{ $vectors.chroma.port | quote }}
CHROMA_HTTP_SSL: {{ $vectors.chroma.ssl | quote }}
CHROMA_TENANT: {{ $vectors.chroma.tenant | quote }}
CHROMA_DATABASE: {{ $vectors.chroma.database | quote }}
CHROMA_COLLECTION_PREFIX: {{ $vectors.chroma.collectionPrefix | quote }}
{{- end }}
{{- if eq $vectors.type "milvus" }}
MILVUS_URI: {{ $vectors.milvus.uri | quote }}
MILVUS_DB: {{ $vectors.milvus.database | quote }}
MILVUS_COLLECTION_PREFIX: {{ $vectors.milvus.collectionPrefix | quote }}
{{- end }}
{{- if eq $vectors.type "opensearch" }}
OPENSEARCH_URI: {{ $vectors.opensearch.uri | quote }}
OPENSEARCH_COLLECTION_PREFIX: {{ $vectors.opensearch.collectionPrefix | quote }}
OPENSEARCH_CERT_VERIFY: {{ $vectors.opensearch.verifyCertificate | quote }}
{{- with $vectors.opensearch.shards }}
OPENSEARCH_NUMBER_OF_SHARDS: {{ . | quote }}
{{- end }}
{{- if not (kindIs "invalid" $vectors.opensearch.replicas) }}
OPENSEARCH_NUMBER_OF_REPLICAS: {{ $vectors.opensearch.replicas | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* All plain variables of a workload, by name; an operator's own come last. Of: root, workload. */}}
{{- define "perennial.plainEnv" -}}
{{- $root := .root -}}
{{- $service := .workload.service -}}
{{- $values := .workload.values -}}
NODE_ENV: production
{{- include "perennial.authoritiesEnv" $root }}
HEALTH_HOST: {{ $root.Values.listenAddress | quote }}
HEALTH_PORT: "9090"
SHUTDOWN_GRACE_MS: {{ mul $values.shutdown.graceSeconds 1000 | quote }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ $root.Values.telemetry.endpoint | quote }}
OTEL_TRACES_SAMPLER: {{ $root.Values.telemetry.sampler | quote }}
OTEL_TRACES_SAMPLER_ARG: {{ $root.Values.telemetry.samplerArg | quote }}
{{- if eq $service "gateway" }}
HOST: {{ $root.Values.listenAddress | quote }}
PORT: "8080"
SHUTDOWN_DELAY_MS: {{ mul $values.shutdown.delaySeconds 1000 | quote }}
TRUSTED_PROXIES: {{ join "," $values.trustedProxies | quote }}
ALLOWED_HOSTS: {{ join "," $values.allowedHosts | quote }}
{{- else }}
MIGRATE_ON_START: {{ eq $root.Values.migrations.run "start" | quote }}
{{- end }}
{{- with .workload.role }}
{{ upper $service }}_ROLE: {{ . }}
{{- end }}
{{- include "perennial.storeEnv" (dict "root" $root "service" $service) }}
{{- end -}}

{{/* A value as text. Helm reads large whole numbers as floating point, and would write 2e+09. */}}
{{- define "perennial.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ printf "%.0f" . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}

{{/* The list of a container. Of: root, workload. */}}
{{- define "perennial.env" -}}
{{- $plain := include "perennial.plainEnv" . | fromYaml -}}
{{- $all := mergeOverwrite $plain (deepCopy .root.Values.env) (deepCopy .workload.values.env) -}}
- name: INSTANCE_ID
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
{{- include "perennial.secretEnv" (dict "root" .root "reader" .workload.service) }}
{{- range $name, $value := $all }}
{{- if ne (toString $value) "" }}
- name: {{ $name }}
  value: {{ include "perennial.text" $value | quote }}
{{- end }}
{{- end }}
{{- with .workload.values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
