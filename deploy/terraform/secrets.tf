# Made during an apply, written to Secrets Manager, kept in no state and no plan.
locals {
  # Can be rotated: each start of the service sets them anew in the database.
  passwords = ["SERVING_PASSWORD", "READER_PASSWORD", "METABASE_APP_PASSWORD", "GRAFANA_ADMIN_PASSWORD"]
  # Must not change: data that were hashed or encrypted with them would no longer be found, or read.
  keys = ["TRACEHOUSE_HASH_KEY", "METABASE_ENCRYPTION_KEY"]
}

ephemeral "random_password" "password" {
  for_each = toset(local.passwords)

  length  = 48
  special = false
}

ephemeral "random_password" "key" {
  for_each = toset(local.keys)

  length  = 64
  special = false
}

resource "aws_secretsmanager_secret" "passwords" {
  name        = "${var.name}/passwords"
  description = "Passwords of the database roles and of Grafana"
  kms_key_id  = aws_kms_key.this.arn
}

resource "aws_secretsmanager_secret_version" "passwords" {
  secret_id                = aws_secretsmanager_secret.passwords.id
  secret_string_wo         = jsonencode({ for name, made in ephemeral.random_password.password : name => made.result })
  secret_string_wo_version = var.passwords_version
}

resource "aws_secretsmanager_secret" "keys" {
  name        = "${var.name}/keys"
  description = "Keys that live as long as the data: hash of identifiers, encryption of Metabase"
  kms_key_id  = aws_kms_key.this.arn
}

resource "aws_secretsmanager_secret_version" "keys" {
  secret_id                = aws_secretsmanager_secret.keys.id
  secret_string_wo         = jsonencode({ for name, made in ephemeral.random_password.key : name => made.result })
  secret_string_wo_version = 1

  lifecycle {
    prevent_destroy = true
  }
}

# Webhooks and the like, which nobody can make up: filled by hand, as JSON of names as in deploy/.env.example.
resource "aws_secretsmanager_secret" "settings" {
  name        = "${var.name}/settings"
  description = "Optional settings of deploy/.env.example that are secret, as a JSON object"
  kms_key_id  = aws_kms_key.this.arn
}
