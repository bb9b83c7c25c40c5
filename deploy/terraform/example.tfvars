# terraform apply -var-file=my.tfvars, of a copy of this file.
region          = "eu-central-1"
site_url        = "https://tracehouse.example.com"
certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
reader_cidrs    = ["203.0.113.0/24"]
sender_cidrs    = ["10.7.0.0/16"]

# Empty for the first apply, which makes the repository that it is pushed to.
# image = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/tracehouse@sha256:…"
