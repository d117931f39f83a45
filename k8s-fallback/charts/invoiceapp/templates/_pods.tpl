{{/* What selects the pods of one part: (dict "root" $ "app" "auth"). */}}
{{- define "invoiceapp.selector" -}}
app: {{ .app }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* What every object of one part carries: (dict "root" $ "app" "auth"). */}}
{{- define "invoiceapp.labels" -}}
{{ include "invoiceapp.selector" . }}
{{ include "invoiceapp.releaseLabels" .root }}
{{- end }}

{{- define "invoiceapp.releaseLabels" -}}
app.kubernetes.io/name: invoiceapp
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: invoices
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "invoiceapp.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "invoiceapp.securityContext" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Replicas apart from each other, where the cluster has room: (dict "root" $ "app" "auth"). */}}
{{- define "invoiceapp.spread" -}}
{{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "invoiceapp.selector" $ | nindent 6 }}
{{- end }}
{{- end }}

{{/* The settings of a container: those of all, and the secrets of the servers and keys that are named. */}}
{{- define "invoiceapp.environment" -}}
envFrom:
  - configMapRef:
      name: {{ .root.Release.Name }}
env:
  {{- range $server := .servers }}
  {{- with include "invoiceapp.serverSecret" (dict "root" $.root "server" $server) }}
  - name: {{ upper $server }}_URL
    valueFrom:
      secretKeyRef:
        name: {{ . }}
        key: url
  {{- end }}
  {{- end }}
  {{- range $name, $key := .keys }}
  - name: {{ $name }}
    valueFrom:
      secretKeyRef:
        name: {{ include "invoiceapp.keysSecret" $.root }}
        key: {{ $key }}
  {{- end }}
{{- end }}

{{/* Where a container finds the authorities of the servers that are named. */}}
{{- define "invoiceapp.authorityMounts" -}}
{{- range $server := .servers }}
{{- if include "invoiceapp.authoritySecret" (dict "root" $.root "server" $server) }}
- name: {{ $server }}-authority
  mountPath: /tls/{{ $server }}
  readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{- define "invoiceapp.authorityVolumes" -}}
{{- range $server := .servers }}
{{- with include "invoiceapp.authoritySecret" (dict "root" $.root "server" $server) }}
- name: {{ $server }}-authority
  secret:
    secretName: {{ . }}
    # A server with a certificate of a public authority has none.
    optional: true
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- end }}
{{- end }}

{{/* Changes with the Secrets of the servers, so that an upgrade restarts what has read them. */}}
{{- define "invoiceapp.serversChecksum" -}}
{{- $data := list }}
{{- range $server := .servers }}
{{- with include "invoiceapp.serverSecret" (dict "root" $.root "server" $server) }}
{{- $data = append $data (lookup "v1" "Secret" $.root.Release.Namespace .).data }}
{{- end }}
{{- end }}
{{- $data | toJson | sha256sum }}
{{- end }}
