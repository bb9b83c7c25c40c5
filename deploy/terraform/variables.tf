variable "name" {
  description = "Name of the deployment: prefix of what is made, and of the private DNS zone."
  type        = string
  default     = "tracehouse"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "Give 2 to 21 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "AWS region; telemetry that names no cloud.region gets it too."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Give a region such as eu-central-1."
  }
}

variable "environment" {
  description = "deployment.environment.name of telemetry that names none."
  type        = string
  default     = "production"

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+$", var.environment))
    error_message = "Give letters, digits, dots, hyphens and underscores."
  }
}

variable "tags" {
  description = "Tags on everything, beside Project and ManagedBy."
  type        = map(string)
  default     = {}
}

variable "vpc_cidr" {
  description = "Addresses of the network that is made; a /16 to /20 that meets no network it will be joined to."
  type        = string
  default     = "10.42.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 4, 15)) && tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 20
    error_message = "Give an IPv4 network of /16 to /20, such as 10.42.0.0/16."
  }
}

variable "image" {
  description = "Image of Tracehouse in the repository that this module makes, by digest; empty until the first push."
  type        = string
  default     = ""

  validation {
    condition     = var.image == "" || can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Give the image with its digest: <repository_url>@sha256:<64 hexadecimal digits>."
  }
}

variable "instance_type" {
  description = "Machine that runs the containers: 8 GB of memory or more."
  type        = string
  default     = "m7i.large"
}

variable "data_gigabytes" {
  description = "Encrypted disk for the lake, landing and the containers' volumes. It can grow later, not shrink."
  type        = number
  default     = 200

  validation {
    condition     = var.data_gigabytes >= 50 && var.data_gigabytes <= 16384
    error_message = "Give 50 to 16384."
  }
}

variable "snapshot_days" {
  description = "Days for which a daily snapshot of that disk, and a backup of the database, are kept."
  type        = number
  default     = 14

  validation {
    condition     = var.snapshot_days >= 1 && var.snapshot_days <= 35
    error_message = "Give 1 to 35."
  }
}

variable "database_instance_class" {
  description = "Class of the PostgreSQL that serves the marts and keeps Metabase."
  type        = string
  default     = "db.t4g.medium"
}

variable "database_gigabytes" {
  description = "Storage of that database; it grows by itself up to four times as much."
  type        = number
  default     = 50

  validation {
    condition     = var.database_gigabytes >= 20
    error_message = "Give 20 or more."
  }
}

variable "database_multi_az" {
  description = "A standby of the database in another zone."
  type        = bool
  default     = false
}

variable "is_protected" {
  description = "Refuse to delete the database and the load balancer, and keep a last snapshot; false for a trial."
  type        = bool
  default     = true
}

variable "passwords_version" {
  description = "Raise it to rotate the passwords of the database roles, then restart the service."
  type        = number
  default     = 1

  validation {
    condition     = var.passwords_version >= 1 && floor(var.passwords_version) == var.passwords_version
    error_message = "Give a whole number from 1."
  }
}

variable "certificate_arn" {
  description = "Certificate (ACM, same region) of the name that people open Metabase by."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "Give the ARN of an ACM certificate."
  }
}

variable "site_url" {
  description = "Address that people open Metabase by; point its name at the output load_balancer."
  type        = string

  validation {
    condition     = can(regex("^https://[^/]+$", var.site_url))
    error_message = "Give https:// and a host name, without a slash at the end."
  }
}

variable "trace_url" {
  description = "How a trace id becomes a link, with {trace_id} in it; empty for a Grafana on localhost:3000."
  type        = string
  default     = ""

  validation {
    condition     = var.trace_url == "" || (strcontains(var.trace_url, "{trace_id}") && !strcontains(var.trace_url, "'"))
    error_message = "Give an address with {trace_id} in it, and without a quotation mark."
  }
}

variable "reader_cidrs" {
  description = "Networks from which people reach Metabase; 0.0.0.0/0 has to be written out."
  type        = list(string)

  validation {
    condition     = length(var.reader_cidrs) > 0 && alltrue([for cidr in var.reader_cidrs : can(cidrhost(cidr, 0))])
    error_message = "Give one or more networks such as 203.0.113.0/24."
  }
}

variable "sender_cidrs" {
  description = "Private networks from which agents send OTLP, beside the one that is made."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.sender_cidrs : can(cidrhost(cidr, 0)) && can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", cidr))])
    error_message = "Give private networks (10/8, 172.16/12, 192.168/16): OTLP is taken without TLS and without a password."
  }
}

variable "with_observability" {
  description = "Grafana, Prometheus, Loki and Tempo on the same machine."
  type        = bool
  default     = false
}
