{{- define "perennial.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* The prefix of every object; 40 characters leave room for "-retrieval-worker" and the names of pods. */}}
{{- define "perennial.fullname" -}}
{{- $name := include "perennial.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects all pods of this release. */}}
{{- define "perennial.selector" -}}
app.kubernetes.io/name: {{ include "perennial.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Labels of an object. Of: root, component (optional). */}}
{{- define "perennial.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{ include "perennial.selector" .root }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
app.kubernetes.io/part-of: perennial
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{/* Labels of a pod: a new version of the chart alone replaces none. Of: root, component, tag (optional). */}}
{{- define "perennial.podLabels" -}}
{{ include "perennial.selector" .root }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: perennial
app.kubernetes.io/version: {{ coalesce .tag .root.Values.image.tag .root.Chart.AppVersion | quote }}
{{- end -}}

{{- define "perennial.serviceAccountName" -}}
{{- default (include "perennial.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{/* The image of a service. Of: root, service, values (of the service). */}}
{{- define "perennial.image" -}}
{{- $image := .root.Values.image -}}
{{- $withVectors := and (eq .service "retrieval") (eq .root.Values.vectorStore.type "lancedb") -}}
{{- $name := printf "%s/%s" (trimSuffix "/" $image.registry) (ternary "retrieval-lancedb" .service $withVectors) -}}
{{- if .values.image.digest -}}
{{- printf "%s@%s" $name .values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (coalesce .values.image.tag $image.tag .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
