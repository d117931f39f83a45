{{/* What selects this release's pods. */}}
{{- define "mongodb.selector" -}}
app: mongodb
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What every object carries. */}}
{{- define "mongodb.labels" -}}
{{ include "mongodb.selector" . }}
app.kubernetes.io/name: mongodb
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: invoices
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* The image, by its digest where one is given. */}}
{{- define "mongodb.image" -}}
{{ .Values.image.repository }}{{ with .Values.image.digest }}@{{ . }}{{ else }}:{{ .Values.image.tag }}{{ end }}
{{- end }}

{{- define "mongodb.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 999
runAsGroup: 999
fsGroup: 999
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "mongodb.securityContext" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The Secret of passwords: an existing one, or the one that this chart makes. */}}
{{- define "mongodb.secret" -}}
{{ .Values.existingSecret | default .Release.Name }}
{{- end }}

{{/* The Secret of the certificate: an existing one, or the one that this chart makes. */}}
{{- define "mongodb.tlsSecret" -}}
{{ .Values.tls.existingSecret | default (printf "%s-tls" .Release.Name) }}
{{- end }}

{{/* The names by which the pods are reached, as a certificate needs them. */}}
{{- define "mongodb.hosts" -}}
{{- $name := .Release.Name -}}
{{- $namespace := .Release.Namespace -}}
- {{ $name }}
- {{ printf "%s.%s" $name $namespace }}
- {{ printf "%s.%s.svc" $name $namespace }}
- {{ printf "%s.%s.svc.cluster.local" $name $namespace }}
- {{ printf "*.%s-pods.%s.svc" $name $namespace | quote }}
- localhost
{{- end }}

{{/* Three at least in production: a majority outlives the loss of one. */}}
{{- define "mongodb.replicas" -}}
{{ ternary (max 3 .Values.replicas) .Values.replicas .Values.production }}
{{- end }}

{{/* Every member's address, with commas between. */}}
{{- define "mongodb.members" -}}
{{- $members := list }}
{{- range $ordinal := until (include "mongodb.replicas" . | int) }}
{{- $members = append $members (printf "%s-%d.%s-pods.%s.svc:27017" $.Release.Name $ordinal $.Release.Name $.Release.Namespace) }}
{{- end }}
{{- join "," $members }}
{{- end }}
