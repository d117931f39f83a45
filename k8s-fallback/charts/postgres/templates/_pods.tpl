{{/* What selects this release's pods. */}}
{{- define "postgres.selector" -}}
app: postgres
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What every object carries. */}}
{{- define "postgres.labels" -}}
{{ include "postgres.selector" . }}
app.kubernetes.io/name: postgres
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: invoices
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* The image, by its digest where one is given. */}}
{{- define "postgres.image" -}}
{{ .Values.image.repository }}{{ with .Values.image.digest }}@{{ . }}{{ else }}:{{ .Values.image.tag }}{{ end }}
{{- end }}

{{- define "postgres.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 999
runAsGroup: 999
fsGroup: 999
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "postgres.securityContext" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The Secret of passwords: an existing one, or the one that this chart makes. */}}
{{- define "postgres.secret" -}}
{{ .Values.existingSecret | default .Release.Name }}
{{- end }}

{{/* The Secret of the certificate: an existing one, or the one that this chart makes. */}}
{{- define "postgres.tlsSecret" -}}
{{ .Values.tls.existingSecret | default (printf "%s-tls" .Release.Name) }}
{{- end }}

{{/* The names by which the pods are reached, as a certificate needs them. */}}
{{- define "postgres.hosts" -}}
{{- $name := .Release.Name -}}
{{- $namespace := .Release.Namespace -}}
- {{ $name }}
- {{ printf "%s.%s" $name $namespace }}
- {{ printf "%s.%s.svc" $name $namespace }}
- {{ printf "%s.%s.svc.cluster.local" $name $namespace }}
- {{ printf "*.%s-pods.%s.svc" $name $namespace | quote }}
- localhost
{{- end }}
