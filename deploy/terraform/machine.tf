# One machine with a disk of its own: catalogue and lake want one writer and a local file system (SQLite), so a
# second machine would wait, and a network file system would not keep the locks.

data "aws_ssm_parameter" "ubuntu" {
  name = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
}

data "aws_iam_policy_document" "assumed_by_ec2" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "machine" {
  name               = "${var.name}-machine"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_ec2.json
}

# A shell without an open port, and commands on the machine.
resource "aws_iam_role_policy_attachment" "systems_manager" {
  role       = aws_iam_role.machine.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

data "aws_iam_policy_document" "machine" {
  statement {
    sid     = "Secrets"
    actions = ["secretsmanager:GetSecretValue"]
    resources = [
      aws_secretsmanager_secret.passwords.arn,
      aws_secretsmanager_secret.keys.arn,
      aws_secretsmanager_secret.settings.arn,
      aws_db_instance.this.master_user_secret[0].secret_arn,
    ]
  }

  statement {
    sid       = "SecretsKey"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "Files"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.files.arn}/*"]
  }

  statement {
    sid       = "ListFiles"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.files.arn]
  }

  statement {
    sid       = "Image"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.this.arn]
  }

  # Has no narrower resource.
  statement {
    sid       = "ImageLogin"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "machine" {
  name   = "tracehouse"
  role   = aws_iam_role.machine.id
  policy = data.aws_iam_policy_document.machine.json
}

resource "aws_iam_instance_profile" "machine" {
  name = "${var.name}-machine"
  role = aws_iam_role.machine.name
}

resource "aws_ecr_repository" "this" {
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.this.arn
  }
}

# The files of deploy/, from which the machine starts the containers.
resource "aws_s3_bucket" "files" {
  bucket_prefix = "${var.name}-files-"
}

resource "aws_s3_bucket_public_access_block" "files" {
  bucket = aws_s3_bucket.files.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "files" {
  bucket = aws_s3_bucket.files.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "files" {
  bucket = aws_s3_bucket.files.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

locals {
  deploy = "${path.module}/.."
  # Terraform's own files stay here, and so does whatever somebody keeps in .env.
  files = setunion(
    fileset(local.deploy, "*.{yaml,Dockerfile}"),
    fileset(local.deploy, "{otel-collector,postgres,prometheus,loki,tempo,grafana}/**"),
    fileset(local.deploy, "terraform/compose.aws.yaml"),
  )
}

resource "aws_s3_object" "file" {
  for_each = local.files

  bucket      = aws_s3_bucket.files.id
  key         = each.value
  source      = "${local.deploy}/${each.value}"
  source_hash = filesha256("${local.deploy}/${each.value}")
}

# Read at every start of the service, so that a new image or setting replaces no machine.
resource "aws_s3_object" "settings" {
  bucket = aws_s3_bucket.files.id
  key    = "settings.env"
  content = join("", [for name, value in {
    POSTGRES_HOST               = aws_db_instance.this.address
    POSTGRES_SSLMODE            = "require"
    METABASE_DB_SSL             = "yes"
    METABASE_ADDRESS            = "0.0.0.0"
    METABASE_SITE_URL           = var.site_url
    OTLP_ADDRESS                = "0.0.0.0"
    DEPLOYMENT_ENVIRONMENT_NAME = var.environment
    CLOUD_REGION                = var.region
    TRACEHOUSE_IMAGE            = var.image
    TRACEHOUSE_TRACE_URL        = var.trace_url
    COMPOSE_PROFILES            = var.with_observability ? "observability" : ""
  } : "${name}='${value}'\n"])
}

resource "aws_ebs_volume" "data" {
  availability_zone = local.zones[0]
  size              = var.data_gigabytes
  type              = "gp3"
  encrypted         = true
  kms_key_id        = aws_kms_key.this.arn

  tags = { Name = "${var.name}-data", Snapshots = var.name }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_instance" "this" {
  ami                    = data.aws_ssm_parameter.ubuntu.value
  instance_type          = var.instance_type
  subnet_id              = aws_subnet.private[0].id
  vpc_security_group_ids = [aws_security_group.machine.id]
  iam_instance_profile   = aws_iam_instance_profile.machine.name

  # One hop: containers cannot ask for the machine's credentials.
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_size = 40
    volume_type = "gp3"
    encrypted   = true
    kms_key_id  = aws_kms_key.this.arn
  }

  user_data_replace_on_change = true
  user_data = templatefile("${path.module}/bootstrap.sh.tftpl", {
    bucket          = aws_s3_bucket.files.id
    database_secret = aws_db_instance.this.master_user_secret[0].secret_arn
    name            = var.name
    region          = var.region
    registry        = split("/", aws_ecr_repository.this.repository_url)[0]
    volume          = replace(aws_ebs_volume.data.id, "-", "")
  })

  tags = { Name = var.name }

  lifecycle {
    # A newer image of Ubuntu is no reason to replace the machine.
    ignore_changes = [ami]
  }

  depends_on = [
    aws_iam_role_policy.machine,
    aws_nat_gateway.this,
    aws_route_table_association.private,
    aws_s3_object.file,
    aws_s3_object.settings,
    aws_secretsmanager_secret_version.keys,
    aws_secretsmanager_secret_version.passwords,
  ]
}

resource "aws_volume_attachment" "data" {
  device_name                    = "/dev/sdf"
  volume_id                      = aws_ebs_volume.data.id
  instance_id                    = aws_instance.this.id
  stop_instance_before_detaching = true
}

# A snapshot of the data disk a day.
data "aws_iam_policy_document" "assumed_by_dlm" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["dlm.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "snapshots" {
  name               = "${var.name}-snapshots"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_dlm.json
}

resource "aws_iam_role_policy_attachment" "snapshots" {
  role       = aws_iam_role.snapshots.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"
}

resource "aws_dlm_lifecycle_policy" "data" {
  description        = "${var.name}: a snapshot of the data disk a day"
  execution_role_arn = aws_iam_role.snapshots.arn
  state              = "ENABLED"

  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { Snapshots = var.name }

    schedule {
      name = "daily"

      create_rule {
        interval      = 24
        interval_unit = "HOURS"
        times         = ["02:30"]
      }

      retain_rule {
        count = var.snapshot_days
      }

      copy_tags = true
    }
  }
}
