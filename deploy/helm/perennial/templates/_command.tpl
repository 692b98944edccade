{{/*
A container with the command line; it may write to /tmp only, and to what is mounted. Of: root, name, reader (of the Secret), values (of
the service whose image it is), command, env (plain variables), mounts, resources.
*/}}
{{- define "perennial.commandContainer" -}}
name: {{ .name }}
image: {{ include "perennial.image" (dict "root" .root "service" "config" "values" .values) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
command: {{- toYaml .command | nindent 2 }}
securityContext: {{- include "perennial.containerSecurity" .root | nindent 2 }}
env:
  - { name: NODE_ENV, value: production }
  {{- range $name, $value := mergeOverwrite (include "perennial.authoritiesEnv" .root | fromYaml) (.env | default dict) }}
  - { name: {{ $name }}, value: {{ $value | quote }} }
  {{- end }}
  {{- include "perennial.secretEnv" (dict "root" .root "reader" .reader) | nindent 2 }}
resources: {{- toYaml .resources | nindent 2 }}
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  {{- include "perennial.authoritiesMount" .root | nindent 2 }}
  {{- with .mounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
