data "aws_availability_zones" "available" {
  state = "available"
}

locals {
  zones = slice(data.aws_availability_zones.available.names, 0, 2)
}

resource "aws_vpc" "this" {
  cidr_block           = var.vpc_cidr
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = { Name = var.name }
}

# Nothing uses it; without rules it lets nothing through.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "public" {
  count = 2

  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, count.index)

  tags = { Name = "${var.name}-public-${count.index}" }
}

resource "aws_subnet" "private" {
  count = 2

  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, count.index + 8)

  tags = { Name = "${var.name}-private-${count.index}" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_eip" "nat" {
  domain = "vpc"

  tags = { Name = "${var.name}-nat" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public[0].id

  tags = { Name = var.name }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }

  tags = { Name = "${var.name}-public" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.this.id
  }

  tags = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "public" {
  count = 2

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private" {
  count = 2

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private.id
}

resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "HTTPS from readers, on to Metabase"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "machine" {
  name        = "${var.name}-machine"
  description = "Metabase from the balancer, OTLP from senders"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "PostgreSQL from the machine"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "readers" {
  for_each = toset(var.reader_cidrs)

  security_group_id = aws_security_group.balancer.id
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  description       = "Readers"
}

resource "aws_vpc_security_group_egress_rule" "balancer_to_metabase" {
  security_group_id            = aws_security_group.balancer.id
  referenced_security_group_id = aws_security_group.machine.id
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
  description                  = "Metabase"
}

resource "aws_vpc_security_group_ingress_rule" "metabase_from_balancer" {
  security_group_id            = aws_security_group.machine.id
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
  description                  = "Metabase"
}

resource "aws_vpc_security_group_ingress_rule" "senders" {
  for_each = toset(concat([var.vpc_cidr], var.sender_cidrs))

  security_group_id = aws_security_group.machine.id
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 4317
  to_port           = 4318
  description       = "OTLP"
}

# Images, packages, Systems Manager, webhooks of alerts.
resource "aws_vpc_security_group_egress_rule" "machine_out" {
  security_group_id = aws_security_group.machine.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
  description       = "Out"
}

resource "aws_vpc_security_group_ingress_rule" "database_from_machine" {
  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = aws_security_group.machine.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  description                  = "PostgreSQL"
}

# One name for senders, whatever machine is behind it.
resource "aws_route53_zone" "private" {
  name = "${var.name}.internal"

  vpc {
    vpc_id = aws_vpc.this.id
  }
}

resource "aws_route53_record" "otlp" {
  zone_id = aws_route53_zone.private.zone_id
  name    = "otlp"
  type    = "A"
  ttl     = 60
  records = [aws_instance.this.private_ip]
}
