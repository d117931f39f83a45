{{/* Everybody asks for names. */}}
{{- define "invoiceapp.names" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
  to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
    # A cache for names on the node itself.
    - ipBlock:
        cidr: 169.254.20.10/32
{{- end }}

{{/* The pods of one part, on one port: (dict "app" "auth" "port" 8080). */}}
{{- define "invoiceapp.wayTo" -}}
- ports:
    - port: {{ .port }}
      protocol: TCP
  to:
    - podSelector:
        matchLabels:
          app: {{ .app }}
{{- end }}

{{/* AWS over HTTPS, its service of roles included. */}}
{{- define "invoiceapp.wayToAWS" -}}
- ports:
    - port: 443
      protocol: TCP
{{- end }}

{{/* The way to one server: (dict "root" $ "server" "database"). */}}
{{- define "invoiceapp.wayToServer" -}}
{{- $server := index .root.Values.servers .server }}
{{- $isSecure := .root.Values.production }}
{{- if $server.egress }}
{{- toYaml $server.egress }}
{{- else if get $server "url" }}
{{- include "invoiceapp.wayToAWS" . }}
{{- else if eq .server "database" }}
{{- include "invoiceapp.wayTo" (dict "app" "postgres" "port" 5432) }}
{{- else if eq .server "documents" }}
{{- include "invoiceapp.wayTo" (dict "app" "mongodb" "port" 27017) }}
{{- else if eq .server "broker" }}
{{- include "invoiceapp.wayTo" (dict "app" "rabbitmq" "port" (ternary 5671 5672 $isSecure)) }}
{{- else if include "invoiceapp.catchesMails" .root }}
{{- include "invoiceapp.wayTo" (dict "app" "mailpit" "port" 1025) }}
{{- else }}
- ports:
    - port: 465
      protocol: TCP
{{- end }}
{{- end }}
