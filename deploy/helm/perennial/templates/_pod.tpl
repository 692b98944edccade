{{/* The security context of every container: Pod Security "restricted", and nothing can be written but volumes. */}}
{{- define "perennial.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* The operator's certificate authorities: as a variable, a mount and a volume; nothing without them. */}}
{{- define "perennial.authoritiesEnv" -}}
{{- with .Values.trustedAuthorities }}{{- if .configMap }}
NODE_EXTRA_CA_CERTS: /etc/perennial/authorities/{{ .key }}
{{- end }}{{- end }}
{{- end -}}

{{- define "perennial.authoritiesMount" -}}
{{- with .Values.trustedAuthorities }}{{- if .configMap }}
- { name: authorities, mountPath: /etc/perennial/authorities, readOnly: true }
{{- end }}{{- end }}
{{- end -}}

{{- define "perennial.authoritiesVolume" -}}
{{- with .Values.trustedAuthorities }}{{- if .configMap }}
- name: authorities
  configMap: { name: {{ .configMap }}, items: [{ key: {{ .key }}, path: {{ .key }} }] }
{{- end }}{{- end }}
{{- end -}}

{{/* What the spec of every pod begins with. */}}
{{- define "perennial.podBase" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where pods of a workload go. Of: root, component, workload. */}}
{{- define "perennial.placement" -}}
{{- $values := .workload.values -}}
{{- $selector := printf "%s\napp.kubernetes.io/component: %s" (include "perennial.selector" .root) .component -}}
topologySpreadConstraints:
{{- range $key, $enforced := dict "topology.kubernetes.io/zone" $values.topologySpread.zones "kubernetes.io/hostname" "ScheduleAnyway" }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: {{ $enforced }}
    # Nodes that take no such pod do not count.
    nodeTaintsPolicy: Honor
    # Old pods of a rollout do not count, else the new ones end up beside each other.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels: {{- $selector | nindent 8 }}
{{- end }}
{{- $affinity := dict "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" (list (dict "weight" 100 "podAffinityTerm" (dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" ($selector | fromYaml)))))) -}}
{{- $usesVolume := include "perennial.usesDataVolume" (dict "root" .root "service" .workload.service) -}}
{{- if and $usesVolume (ne .root.Values.dataVolume.accessMode "ReadWriteMany") -}}
{{- $together := dict "matchLabels" (merge (dict "perennial/data-volume" "used") (include "perennial.selector" .root | fromYaml)) -}}
{{- $_ := set $affinity "podAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list (dict "topologyKey" "kubernetes.io/hostname" "labelSelector" $together))) -}}
{{- end }}
affinity: {{- mergeOverwrite $affinity (deepCopy $values.affinity) | toYaml | nindent 2 }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}
