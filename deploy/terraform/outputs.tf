output "load_balancer" {
  description = "Point the host name of site_url here (CNAME, or an alias record)."
  value       = aws_lb.this.dns_name
}

output "otlp_endpoint" {
  description = "Where agents of the network send OTLP over gRPC; port 4318 for HTTP."
  value       = "http://${aws_route53_record.otlp.fqdn}:4317"
}

output "repository_url" {
  description = "Push the image of deploy/Dockerfile here, then set the variable image to it by digest."
  value       = aws_ecr_repository.this.repository_url
}

output "instance_id" {
  description = "The machine, for aws ssm start-session and send-command."
  value       = aws_instance.this.id
}

output "vpc_id" {
  description = "The network, for peering with that of the agents."
  value       = aws_vpc.this.id
}

output "settings_secret" {
  description = "Optional secrets go here as a JSON object of names as in deploy/.env.example."
  value       = aws_secretsmanager_secret.settings.name
}
