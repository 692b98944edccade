{{/*
The Deployments of this release, by component: the service whose image it is, its role, and its values.
A worker has the values of its service, and its own on top.
*/}}
{{- define "perennial.workloads" -}}
{{- $workloads := dict -}}
{{- range $service := list "gateway" "auth" "chat" "retrieval" "config" -}}
{{- $values := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy (index $.Values $service)) -}}
{{- $worker := index $values "worker" | default dict -}}
{{- $own := omit $values "worker" -}}
{{- $role := "" -}}
{{- if $worker.enabled -}}
{{- $role = "api" -}}
{{- $merged := mergeOverwrite (deepCopy $own) (deepCopy (omit $worker "enabled")) -}}
{{- $_ := set $workloads (printf "%s-worker" $service) (dict "service" $service "role" "worker" "values" $merged) -}}
{{- end -}}
{{- $_ := set $workloads $service (dict "service" $service "role" $role "values" $own) -}}
{{- end -}}
{{- toYaml $workloads -}}
{{- end -}}

{{/* Whether pods of a service use the data volume: "true" or nothing. Of: root, service. */}}
{{- define "perennial.usesDataVolume" -}}
{{- $files := eq .root.Values.blobStore.type "local" -}}
{{- $vectors := eq .root.Values.vectorStore.type "lancedb" -}}
{{- if or (and $files (has .service (list "gateway" "chat" "retrieval"))) (and $vectors (eq .service "retrieval")) -}}true{{- end -}}
{{- end -}}
